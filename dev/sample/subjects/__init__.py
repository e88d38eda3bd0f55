"""The exams, as their authors wrote them."""
