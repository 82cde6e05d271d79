def render(c): return "x"
