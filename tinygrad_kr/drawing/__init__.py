draw = Drawing = None
