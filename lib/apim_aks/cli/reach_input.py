"""What `reach` is asked about: manifests and templates among paths, as a site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from apim_aks.reachability.files import read_scene
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.templates import TemplateFile, resources
from apim_aks.reachability.templates.network import AzureNetwork, azure_network
from apim_aks.reachability.templates.platforms import engine_of
from apim_aks.reachability.templates.reading import PARAMETERS, template_files
from apim_aks.workload.finding import Finding


def read_site(paths: Sequence[Path], engine: str) -> tuple[Site, tuple[Finding, ...]]:
    """The site of these files and folders, and what of them could not be read.

    Templates are JSON with the schema of a deployment. Without `engine` policies are enforced by
    that of the cluster in the templates, or as their text says where there is no such cluster.

    Raises:
        InputError: a path is not there, or nothing in it is a Kubernetes object.
    """
    there = [p for p in paths if p.is_dir() or p.suffix.lower() == ".json"]
    files, found = template_files(there)
    own = {path for file in files for path in _files_of(file)}
    scene = read_scene([p for p in paths if p not in own], skip=own)
    azure = azure_network(resources(files)) if files else None
    site = Site(scene=scene, azure=azure, engine=_engine(azure, engine))
    said = {path.as_posix() for path in own}
    return site, (*scene.findings, *(f for f in found if f.file in said))


def _files_of(file: TemplateFile) -> Iterator[Path]:
    """A template, and the file with its parameters."""
    path = Path(file.file)
    yield path
    yield path.with_name(f"{path.stem}{PARAMETERS}")


def _engine(azure: AzureNetwork | None, told: str) -> Engine | None:
    if told:
        return Engine(told)
    cluster = Site.only_cluster(azure)
    return engine_of(cluster) if cluster else Engine.SPECIFICATION
