"""What notebooks run on: widgets, and the report that executes them without a screen."""
