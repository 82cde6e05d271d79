"""What is said of fits besides their scores: one function a topic, from ``Fitted`` to a record."""
