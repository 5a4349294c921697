"""The proof of the transactions: many at once, and kills in every state; judged from outside, over HTTP alone."""
