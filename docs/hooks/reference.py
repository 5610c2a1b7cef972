"""Hook of mkdocs: the reference, one page for each package of the engine, from the docstrings of its public modules."""

from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
ENGINE = "nas_engine"


def packages() -> Iterator[Path]:
    """The engine's folders with modules, those of a subject one after another."""
    folders = {path.parent for path in (ROOT / ENGINE).rglob("*.py") if path.name != "__init__.py"}
    return iter(sorted(folders))


def page(package: Path) -> str:
    """Markdown of a package's page: a heading, and for each module the place where its docstrings go."""
    name = ".".join(package.relative_to(ROOT).parts)
    modules = sorted(path.stem for path in package.glob("*.py") if not path.stem.startswith("_"))
    return f"# {name}\n\n" + "\n".join(f"::: {name}.{module}\n" for module in modules)


def page_name(package: Path) -> str:
    return f"reference/{'.'.join(package.relative_to(ROOT).parts)}.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages in the place of "reference/" in the navigation."""
    reference = {"Reference": [page_name(package) for package in packages()]}
    config.nav = [reference if "Reference" in entry else entry for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those in docs/."""
    for package in packages():
        files.append(File.generated(config, page_name(package), content=page(package)))
    return files
