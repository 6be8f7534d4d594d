"""What restricts or opens access to pods: values with file and line, and whom they admit."""
