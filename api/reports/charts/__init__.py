"""Charts as SVG: pure functions of values, drawn with classes that the page's style colours."""
