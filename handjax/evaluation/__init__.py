"""What is measured, what each dataset counts, and how it is told."""
