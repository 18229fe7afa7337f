FLASK_APP=wsgi:for_commands
