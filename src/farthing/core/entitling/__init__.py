"""May this customer use so many more: what bounds a feature, and what is held of it for a while."""
