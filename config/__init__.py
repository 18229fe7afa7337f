"""What an operator sets: settings, organisations, surveys, prompts, retention schedules."""
