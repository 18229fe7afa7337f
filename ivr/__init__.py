"""The telephone: dialling, webhooks, the call flow, TwiML."""
