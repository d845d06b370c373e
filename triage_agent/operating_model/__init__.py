"""The page as code: its shape, its loading, its working hours. No input or output."""
