"""What people keep and show around: an invoice as a PDF file, and usage as a chart."""
