"""Where the parts meet. `opening` makes them and closes them again, `house` is all of them as one application that
sends each request to its face, `running` listens, and stops in order.
"""
