"""Makes the site's pages from files that are written for the forge: README.md is the first
page, and a link to a file outside docs leads to the repository."""

import os
import re
from pathlib import Path

from mkdocs.structure.files import File

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
CODE = re.compile(r"^(```.*?^```|~~~.*?^~~~)", re.MULTILINE | re.DOTALL)


def on_files(files, config):
    root = Path(config.config_file_path).parent
    readme = root / "README.md"
    files.append(File.generated(config, "index.md", content=readme.read_text()))
    files.append(File.generated(config, "style.css", abs_src_path=str(root / "docs/site/style.css")))
    files.append(File.generated(config, "mermaid.min.js", abs_src_path=os.environ["MERMAID"]))
    return files


def on_page_markdown(markdown, page, config, files):
    root = Path(config.config_file_path).parent
    docs = Path(config.docs_dir)
    at = root / "README.md" if page.file.src_uri == "index.md" else docs / page.file.src_uri

    def rewrite(match):
        target, _, fragment = match[2].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        path = (at.parent / target).resolve()
        if not path.exists():
            return match[0]  # MkDocs reports it
        if path == root / "README.md":
            to = os.path.relpath(docs / "index.md", (docs / page.file.src_uri).parent)
        elif path.is_relative_to(docs) and path.suffix in (".md", ".svg"):
            to = os.path.relpath(path, (docs / page.file.src_uri).parent)
        else:
            kind = "tree" if path.is_dir() else "blob"
            to = f"{config.repo_url}/{kind}/main/{path.relative_to(root)}"
        return match[1] + to + ("#" + fragment if fragment else "") + match[3]

    # A snippet may hold what looks like a link: m.Open[T](db).
    parts = CODE.split(markdown)
    return "".join(p if CODE.match(p) else LINK.sub(rewrite, p) for p in parts)
