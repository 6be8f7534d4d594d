"""What guards or opens pods: values with file and line, and what they answer a caller."""
