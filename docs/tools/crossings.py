"""Names of the house in running text, as links to where the reference has them.

Pages and docstrings say `handjax.geometry.spheres`, `geometry.spheres.ray_cast`, or,
within a module, `ray_cast`. Where the code is hosted these are plain; here they lead.
"""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

PAGES = "api/generated/"


class Crossings(SphinxPostTransform):
    """Turn literals that name what the reference documents into references."""

    default_priority = 700  # when all other references are resolved

    def run(self, **kwargs: Any) -> None:
        """Look at every literal of a page."""
        domain: Any = self.env.get_domain("py")
        for literal in list(self.document.findall(nodes.literal)):
            name = self._name(literal.astext(), domain.objects)
            around = _link_around(literal)
            if name and not isinstance(around, nodes.reference):
                self._lead(around or literal, literal, domain.objects[name])

    def _name(self, text: str, known: Any) -> str:
        """The full name that a text means; empty for none."""
        page = self.env.docname
        own = page.removeprefix(PAGES) if page.startswith(PAGES) else "handjax"
        text = text.removesuffix("()")
        around = own.rpartition(".")[0]
        tried = [f"{before}.{text}" for before in ("handjax", own, around)]
        return next((name for name in (text, *tried) if name in known), "")

    def _lead(self, replaced: Any, literal: nodes.literal, found: Any) -> None:
        if found.docname == self.env.docname:
            target = f"#{found.node_id}"
        else:
            here = self.app.builder.get_relative_uri(self.env.docname, found.docname)
            target = f"{here}#{found.node_id}"
        link = nodes.reference("", "", literal.deepcopy(), internal=True, refuri=target)
        replaced.replace_self(link)


def _link_around(node: nodes.Node) -> Any:
    """The link that a node stands in, a download's too; None outside of one."""
    while (node := node.parent) is not None:
        if isinstance(node, (nodes.reference, addnodes.download_reference)):
            return node
        if isinstance(node, (nodes.title, addnodes.desc_signature)):
            return nodes.reference()
    return None
