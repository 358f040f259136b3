"""What a person reads and sees: terminal tables, pages and pictures."""
