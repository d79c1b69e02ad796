"""report.html: an evaluation as one page that opens offline and answers to the mouse.

`contents` says what a page shows, `pack` turns it into numbers that are small and safe
to embed, `document` writes the file. What draws them stands in `evaluation/assets`.
"""

from handjax.evaluation.page.contents import Example, Method, Page, choose
from handjax.evaluation.page.document import write_page

__all__ = ["Example", "Method", "Page", "choose", "write_page"]
