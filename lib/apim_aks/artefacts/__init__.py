"""What is needed to build a placement: values in, files out."""
