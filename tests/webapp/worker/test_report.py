"""Reports as a data worker writes them: what stands in them, and that nothing of a user's text becomes markup."""

import io
import re
import zipfile
from html.parser import HTMLParser

import polars
import pytest
from django.urls import reverse

from tests.webapp import benches, reports
from tests.webapp import finals as made
from tests.webapp.factories import make_baselines, make_dataset, make_study
from webapp.models import Campaign, Comparison, Finalist, Report
from webapp.services.reports import request_report
from webapp.worker.report.writing import write_report

pytestmark = pytest.mark.django_db

NASTY = "<script>alert(1)</script> \"'&{{ x }}"


class Markup(HTMLParser):
    """Tags of a document, and addresses that it would fetch or lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "a":
            self.links.append(found["href"])
        self.fetched += [found[name] for name in ("src", "srcset", "data", "poster") if name in found]
        self.fetched += [found["href"]] if tag in ("link", "use", "image") else []
        self.ids += [found["id"]] if "id" in found else []


def tables_of(report: Report) -> dict[str, bytes]:
    """Contents of the ZIP but for its README, which states the time of writing."""
    with report.tables.open("rb") as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "README.txt"}


def test_a_report_holds_the_papers_tables_and_figures_with_the_studys_networks() -> None:
    text = reports.text_of(reports.written(reports.complete_study()))
    for words in (
        "Table 1: networks and baselines", "NAS-HyperFirefly", "published", "Table 2: blocks of trial 40",
        "Figure 6", "Figure 2, left", "Front over energy", "Front over flash", "Learning curves of trial 40",
        "Recall and precision of each class", "Confusions of trial 40, test split", "Openings of the test split",
        "In words, on the test split", "Selection bias: evaluation against test", "Data and front end",
        "Settings of the search",
        "manage.py run_study study.toml", "--trials 40 39 --seeds 3 --baselines --wait",
        "1.24 ± 0.03", "measured, nRF5340", "estimate for a test",
    ):  # fmt: skip
        assert words in text, words


def test_figure_6_is_of_measured_energies_where_one_device_measured_every_network() -> None:
    study = reports.complete_study()
    assert "Energies: estimated, as not every network is measured." in reports.text_of(reports.written(study))
    campaign = Campaign.objects.get(device__name__startswith="nRF5340")
    for finalist in Finalist.objects.all():
        benches.ready_run(campaign, energy_mj=2.5, architecture_id=finalist.architecture_id)
    text = reports.text_of(reports.written(study))
    assert "Energies: measured on nRF5340" in text
    assert "(mJ, measured on nRF5340" in text


def test_a_figure_of_a_later_opening_is_marked_wherever_it_stands() -> None:
    text = reports.text_of(reports.written(reports.complete_study()))
    assert "75.0 ± 0.0\N{NO-BREAK SPACE}%§" in text
    assert "§ opening 2 of the test split: it was looked at before." in text
    assert "number 2§" in text
    mark = "opening 2 of the test split for trial 39: it was looked at before"
    for part in ("In words, on the test split", "Selection bias: evaluation against test"):
        sentences = text.partition(f"<h3>{part}</h3>")[2].partition("</dl>")[0]
        second = sentences.partition("<dt>Trial 39</dt>")[2].partition("</div>")[0]
        assert "§. <small>" in second, part
        assert f"§ {mark}" in second, part
        first = sentences.partition("<dt>Trial 40</dt>")[2].partition("</div>")[0]
        assert first, part
        assert "§" not in first, part
    figure = text.partition("Figure 6: accuracy over energy")[2].partition("</figure>")[0]
    assert re.search(r'<text class="name"[^>]*>trial 39§</text>', figure)
    assert not re.search(r'<text class="name"[^>]*>trial 39</text>', figure)
    assert f"§ {mark}" in figure


def test_measured_energies_have_an_interval_in_the_report_and_are_no_lead_on_the_page(
    client, django_user_model
) -> None:
    study = reports.complete_study()
    baseline = Finalist.objects.get(chosen="baseline", openings__isnull=False)
    campaign = Campaign.objects.get(device__name__startswith="nRF5340")
    for energy_mj in (2.41, 2.47, 2.52):
        benches.ready_run(campaign, energy_mj=energy_mj, architecture_id=baseline.architecture_id)
    client.force_login(django_user_model.objects.create_user("ada"))
    report = reports.text_of(reports.written(study)).replace("\N{NO-BREAK SPACE}", " ")
    page = client.get(reverse("finalists", args=[study.pk])).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    interval = r"\(95 % interval 1\.\d+ to 2\.\d+\)"
    assert re.search(rf"1\.99 times less measured energy than {re.escape(baseline.label)} {interval}", report)
    assert f"A measured energy of 1.24 mJ, that of {baseline.label} 2.47 mJ" in page
    assert "(means of 3 and 3 repeats, without an interval)" in page
    assert "times less measured" not in page


def test_classes_and_confusions_of_a_later_opening_are_marked_in_every_format() -> None:
    study = reports.complete_study()
    reports.opened(Finalist.objects.get(label="TC-ResNet8-1.0"), right=2, again=True)
    report = reports.written(study)
    text, files = reports.text_of(report), tables_of(report)
    assert '<th scope="col" class="num">TC-ResNet8-1.0, test§</th>' in " ".join(text.split())
    assert "Confusions of TC-ResNet8-1.0, test split§" in text
    assert "§ opening 2 of the test split for TC-ResNet8-1.0" in text
    key = f"study-{study.pk}-classes"
    assert r"TC-ResNet8-1.0, test\S{}" in files[f"{key}.tex"].decode()
    assert set(polars.read_parquet(io.BytesIO(files[f"{key}.parquet"]))["opening, TC-ResNet8-1.0, test"]) == {2}
    assert "opening, trial 40, test" in files[f"{key}.csv"].decode().splitlines()[0]
    [name] = [name for name in files if rb"Confusions of TC-ResNet8-1.0, test split\S{}" in files[name]]
    csv = files[name.replace(".tex", ".csv")].decode().splitlines()
    assert csv[0].endswith(",opening")
    assert all(line.endswith(",2") for line in csv[1:])


def test_the_document_fetches_nothing_and_its_anchors_and_pages_exist(client, django_user_model) -> None:
    markup = Markup(reports.text_of(reports.written(reports.complete_study())))
    assert "script" not in markup.tags
    assert set(markup.fetched) == {"data:,"}
    assert len(markup.ids) == len(set(markup.ids))
    assert {link[1:] for link in markup.links if link.startswith("#")} <= set(markup.ids)
    client.force_login(django_user_model.objects.create_user("ada"))
    pages = {link.partition("#")[0] for link in markup.links if link.startswith("/")}
    assert all(link.startswith(("#", "/")) for link in markup.links)
    assert len(pages) > 20
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_text_of_users_stays_text() -> None:
    dataset = make_dataset(
        name=NASTY, classes=[NASTY, "b", "c"], counts={"eval": {NASTY: 6, "b": 6, "c": 6}, **made.COUNTS}
    )
    study = reports.complete_study(name=f"study {NASTY}", dataset=dataset, notes=NASTY)
    Finalist.objects.filter(finals__parent=study).update(label=f"net {NASTY}")
    report = reports.written(study)
    text = reports.text_of(report)
    assert "<script" not in text
    assert "alert(1)" in text
    assert set(Markup(text).tags) <= {
        "html", "head", "meta", "title", "link", "style", "body", "main", "article", "header", "h1", "h2", "h3", "p",
        "a", "nav", "ol", "li", "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "small",
        "figure", "figcaption", "svg", "path", "g", "text", "dl", "dt", "dd", "pre", "code",
    }  # fmt: skip
    assert not re.search(r"\son\w+=", text.replace("&quot;", ""))


def test_a_study_without_finalists_has_a_report_that_says_so() -> None:
    dataset = make_dataset()
    make_baselines(dataset)
    text = reports.text_of(reports.written(make_study(completed=12, dataset=dataset)))
    assert "No finalist has been trained yet" in text
    assert "Front over energy" in text
    assert "Table 2: blocks of trial" in text
    assert "Figure 6" not in text
    empty = reports.text_of(reports.written(make_study(state="DRAFT")))
    assert "NAS-Bayesian" in empty
    assert "<svg" not in empty


def test_a_report_of_a_comparison_has_the_networks_of_all_its_studies() -> None:
    dataset = make_dataset()
    first = reports.complete_study(name="First", dataset=dataset)
    second = make_study(name="Second", completed=8, dataset=dataset)
    [finalist] = made.finalists(second, count=1)
    made.train(finalist)
    comparison = Comparison.objects.create(name="Both")
    comparison.studies.add(first, second)
    report = request_report(comparison_id=comparison.pk)
    write_report(report.pk, "data-1")
    report.refresh_from_db()
    text = reports.text_of(report)
    assert "Comparison of" in text
    assert "Search of First" in text
    assert "Search of Second" in text
    table = text.partition("Table 1: networks")[2].partition("</table>")[0]
    assert table.count("TC-ResNet8-1.0</a>") == 1
    assert {"trial 8", "trial 40"} <= set(re.findall(r">(trial \d+)</a>", table))
    assert len(Markup(text).ids) == len(set(Markup(text).ids))


def test_the_same_contents_give_the_same_bytes() -> None:
    study = reports.complete_study()
    first, second = reports.written(study), reports.written(study)
    moment = r"Written on .*? UTC"
    assert re.sub(moment, "", reports.text_of(first)) == re.sub(moment, "", reports.text_of(second))
    old, new = (tables_of(report) for report in (first, second))
    assert old == new
    assert "table-1.csv" in old


def test_what_goes_wrong_is_the_reports_reason() -> None:
    study = make_study(completed=2)
    comparison = Comparison.objects.create(name="Both")
    comparison.studies.add(study)
    report = request_report(comparison_id=comparison.pk)
    comparison.studies.clear()
    write_report(report.pk, "data-1")
    report.refresh_from_db()
    assert report.state == Report.State.FAILED
    assert "has no studies" in report.reason


@pytest.mark.alone
def test_two_thousand_trials_take_seconds() -> None:
    report = reports.written(reports.complete_study(2_000))
    assert report.state == Report.State.READY
    assert report.seconds is not None
    assert report.seconds < 10  # about one on an idle core
    assert report.document.size < 600_000
