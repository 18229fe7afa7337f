"""Who may be asked, what is asked, what was answered."""
