"""Addresses. All views need a sign-in (LoginRequiredMiddleware), except those marked otherwise."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from webapp.api import charts, exports, networks, tables
from webapp.api import listening as listening_sound
from webapp.api import measurements as measurement_files
from webapp.api.energy_models import energy_model_chart, energy_model_runs
from webapp.api.reports import report_document, report_tables
from webapp.api.streams import det_chart, mistake_audio, noise_chart, streams_json
from webapp.api.why import why_chart
from webapp.views import (
    accounts,
    baselines,
    benches,
    bundles,
    campaigns,
    clips,
    compare,
    comparisons,
    datasets,
    descriptions,
    devices,
    energy_models,
    finals,
    list_mapping,
    listening,
    measure_next,
    measurements,
    organising,
    paper,
    problems,
    recordings,
    reports,
    runs,
    search,
    shortlists,
    space,
    steering,
    streams,
    studies,
    study,
    study_energy,
    study_form,
    study_views,
    trials,
    what_if,
    why,
)

account_urls: list[URLPattern | URLResolver] = [
    path("sign-in/", accounts.SignIn.as_view(), name="sign_in"),
    path("sign-in/link/", accounts.sign_in_link, name="sign_in_link"),
    path("sign-out/", login_not_required(LogoutView.as_view()), name="sign_out"),
    path("theme/", accounts.choose_theme, name="choose_theme"),
]

trial_urls: list[URLPattern | URLResolver] = [
    path("", trials.trial, name="trial"),
    path("live/", trials.trial_live, name="trial_live"),
    path("mistakes/", trials.clip_mistakes, name="clip_mistakes"),
    path("reproduction/", trials.trial_reproduction, name="trial_reproduction"),
    path("skip/", trials.skip, name="skip_trial"),
    path("retry/", trials.retry, name="retry_trial"),
    path("reproduce/", trials.reproduce_trial, name="reproduce_trial"),
    path("curve.json", charts.curve_chart, name="curve_chart"),
    path("network.tflite", exports.trial_tflite, name="trial_tflite"),
    path("description/", descriptions.describe_trial, name="describe_trial"),
    path("everything.zip", exports.trial_zip, name="trial_zip"),
    path("bundle/", bundles.pack_bundle, name="pack_bundle"),
    path("bundle/live/", bundles.bundle_live, name="bundle_live"),
    path("bundle.zip", exports.bundle_zip, name="bundle_zip"),
    path("streams/", streams.evaluate_streams, name="evaluate_streams"),
    path("streams/live/", streams.streams_live, name="streams_live"),
    path("streams/<int:evaluation_id>/outcome.json", streams_json, name="streams_json"),
    path("streams/<int:evaluation_id>/table.<slug:kind>", tables.streams_table, name="streams_table"),
    path("streams/<int:evaluation_id>/det.json", det_chart, name="det_chart"),
    path("streams/<int:evaluation_id>/noise.json", noise_chart, name="noise_chart"),
    path("streams/<int:evaluation_id>/mistakes/<int:place>.wav", mistake_audio, name="mistake_audio"),
    path("architecture.json", exports.trial_architecture, name="trial_architecture"),
    path("tables/<slug:table>.<slug:kind>", tables.trial_table, name="trial_table"),
    path("network.py", networks.trial_python, name="trial_python"),
    path("network.svg", networks.trial_drawing, name="trial_drawing"),
    path("try/", listening.try_trial, name="try_trial"),
    path("try/file/", listening_sound.decode_file, name="decode_file"),
    path("try/clips/<int:clip_id>/", listening_sound.decode_clip, name="decode_clip"),
    path("try/listenings/", listening_sound.begin_listening, name="begin_listening"),
    path("try/listenings/<str:token>/", listening_sound.hear_piece, name="hear_piece"),
    path("try/listenings/<str:token>/end/", listening_sound.end_listening, name="end_listening"),
]

study_urls: list[URLPattern | URLResolver] = [
    path("", study.study, name="study"),
    path("edit/", study_form.edit_study, name="edit_study"),
    path("description/", descriptions.describe_study, name="describe_study"),
    path("star/", organising.star_study, name="star_study"),
    path("archive/", organising.archive_study, name="archive_study"),
    path("space/", space.study_space, name="study_space"),
    path("progress/", study.study_progress, name="study_progress"),
    path("header/", study.study_header, name="study_header"),
    path("trials/", study.study_trials, name="study_trials"),
    path("log/", study.study_log, name="study_log"),
    path("energy/", study_energy.reestimate_study, name="reestimate_study"),
    path("finalists/", finals.finalists, name="finalists"),
    path("finalists/live/", finals.finalists_live, name="finalists_live"),
    path("finalists/choose/", finals.choose_finalists, name="choose_finalists"),
    path("finalists/baselines/", finals.train_baselines_as_finalists, name="train_final_baselines"),
    path("finalists/<int:finalist_id>/test/", finals.open_test, name="open_test"),
    path("finalists/chart.json", charts.finalists_chart, name="finalists_chart"),
    path("report/", reports.report_study, name="report_study"),
    path("what-if/", what_if.try_settings, name="try_settings"),
    path("what-if/outcome/", what_if.settings_outcome, name="settings_outcome"),
    path("what-if/clone/", what_if.clone_with_settings, name="clone_with_settings"),
    path("shortlist/", shortlists.change_shortlist, name="change_shortlist"),
    path("shortlist/bench/", shortlists.take_shortlist_to_bench, name="take_shortlist_to_bench"),
    path("why/", why.why, name="study_why"),
    path("why/<slug:goal>/<slug:part>.json", why_chart, name="why_chart"),
    path("steer/", steering.steer_study, name="steer_study"),
    path("steer/rules/", steering.change_stop_rules, name="change_stop_rules"),
    path("steer/network/", steering.add_network, name="add_network"),
    path("steer/priority/", steering.change_priority, name="change_priority"),
    path("warm-start/", steering.choose_warm_start, name="choose_warm_start"),
    path("extend/", study.extend_study, name="extend_study"),
    path("compare/", comparisons.add_to_comparison, name="add_to_comparison"),
    path("clone/", study.clone_study, name="clone_study"),
    path("delete/", study.delete_study, name="delete_study"),
    path("do/<slug:action>/", study.study_action, name="study_action"),
    path("study.toml", exports.study_toml, name="study_toml"),
    path("study.json", exports.study_json, name="study_json"),
    path("trials.csv", tables.trials_table, {"kind": "csv"}, name="trials_csv"),
    path("trials.<slug:kind>", tables.trials_table, name="trials_table"),
    path("charts/rewards.json", charts.rewards_chart, name="rewards_chart"),
    path("charts/<slug:resource>.json", charts.front_chart, name="front_chart"),
    path("tables/<slug:table>.<slug:kind>", tables.study_table, name="study_table"),
    path("views/<slug:chart>/table.<slug:kind>", tables.view_table, name="view_table"),
    path("why/<slug:goal>/<slug:part>/table.<slug:kind>", tables.why_table, name="why_table"),
    path("views/", study_views.show_view, name="study_view"),
    path("views/<slug:chart>.json", charts.view_chart, name="view_chart"),
    path("trials/<int:number>/", include(trial_urls)),
]

dataset_urls: list[URLPattern | URLResolver] = [
    path("", datasets.dataset, name="dataset"),
    path("progress/", datasets.dataset_progress, name="dataset_progress"),
    path("clips/", datasets.dataset_clips, name="dataset_clips"),
    path("baselines/", baselines.train, name="train_baselines"),
    path("leaderboard/", datasets.dataset_leaderboard, name="leaderboard"),
    path("leaderboard.<slug:kind>", tables.leaderboard_table, name="leaderboard_table"),
    path("description/", descriptions.describe_dataset, name="describe_dataset"),
    path("delete/", datasets.delete_dataset, name="delete_dataset"),
    path("recordings/", recordings.recordings, name="recordings"),
    path("recordings/<int:set_id>/live/", recordings.recordings_live, name="recordings_live"),
    path("recordings/<int:set_id>/replace/", recordings.replace_recordings, name="replace_recordings"),
    path("recordings/<int:set_id>/delete/", recordings.delete_recordings, name="delete_recordings"),
    path("columns/", list_mapping.map_columns, name="map_list"),
    path("profiles/<int:profile_id>/delete/", list_mapping.delete_profile, name="delete_list_profile"),
    path("clips/<int:clip_id>/", clips.clip, name="clip"),
    path("clips/<int:clip_id>/clip.flac", exports.clip_audio, name="clip_audio"),
    path("clips/<int:clip_id>/spectrogram.json", charts.spectrogram_chart, name="spectrogram_chart"),
]

energy_model_urls: list[URLPattern | URLResolver] = [
    path("", energy_models.energy_models, name="energy_models"),
    path("npu/", energy_models.create_npu_model, name="create_npu_model"),
    path("<int:version>/", energy_models.energy_model, name="energy_model"),
    path("<int:version>/live/", energy_models.energy_model_live, name="energy_model_live"),
    path("<int:version>/again/", energy_models.train_again, name="train_energy_model_again"),
    path("<int:version>/delete/", energy_models.delete_model, name="delete_energy_model"),
    path("<int:version>/runs.<slug:kind>", energy_model_runs, name="energy_model_runs"),
    path("<int:version>/charts/<slug:part>.json", energy_model_chart, name="energy_model_chart"),
]

paper_urls: list[URLPattern | URLResolver] = [
    path("", paper.paper, name="paper"),
    path("table1/", paper.paper_table1, name="paper_table1"),
    path("table2/", paper.paper_table2, name="paper_table2"),
    path("figure2/", paper.paper_figure2, name="paper_figure2"),
    path("figure2/<int:study_id>/<slug:part>.json", charts.figure2_chart, name="figure2_chart"),
]

comparison_urls: list[URLPattern | URLResolver] = [
    path("", comparisons.comparison, name="comparison"),
    path("report/", reports.report_comparison, name="report_comparison"),
    path("rows/", comparisons.comparison_rows, name="comparison_rows"),
    path("description/", descriptions.describe_comparison, name="describe_comparison"),
    path("add/", comparisons.add_studies, name="add_studies"),
    path("remove/<int:study_id>/", comparisons.remove_study, name="remove_study"),
    path("delete/", comparisons.delete_comparison, name="delete_comparison"),
    path("race/", comparisons.comparison_race, name="comparison_race"),
    path("race/<slug:part>.json", charts.race_chart, name="race_chart"),
    path("race.<slug:kind>", tables.race_table, name="race_table"),
    path("tables/<slug:table>.<slug:kind>", tables.comparison_table, name="comparison_table"),
    path("charts/energy.json", charts.comparison_chart, name="comparison_chart"),
    path("charts/finalists.json", charts.compared_finalists_chart, name="compared_finalists_chart"),
]

campaign_urls: list[URLPattern | URLResolver] = [
    path("", campaigns.campaign, name="campaign"),
    path("live/", campaigns.campaign_live, name="campaign_live"),
    path("runs/", campaigns.new_run, name="new_run"),
    path("bench/", benches.bench, name="bench"),
    path("bench/take/", benches.take_to_bench, name="take_to_bench"),
    path("import/", benches.import_results, name="import_results"),
    path("delete/", campaigns.delete_campaign, name="delete_campaign"),
]

measurement_urls: list[URLPattern | URLResolver] = [
    path("", measurements.measurement, name="measurement"),
    path("live/", measurements.measurement_live, name="measurement_live"),
    path("options/", measurements.change_options, name="change_measurement"),
    path("columns/", measurements.map_columns, name="map_columns"),
    path("delete/", measurements.delete_measurement, name="delete_measurement"),
    path("profiles/<int:profile_id>/delete/", measurements.delete_profile, name="delete_profile"),
    path("raw", measurement_files.measurement_raw, name="measurement_raw"),
    path("trace.json", measurement_files.file_trace, name="file_trace"),
]

run_urls: list[URLPattern | URLResolver] = [
    path("", runs.run, name="run"),
    path("live/", runs.run_live, name="run_live"),
    path("description/", descriptions.describe_run, name="describe_run"),
    path("settings/", runs.change_run, name="change_run"),
    path("network/", runs.attach_run, name="attach_run"),
    path("delete/", runs.delete_run, name="delete_run"),
    path("files/<int:file_id>/trace.json", measurement_files.run_trace, name="run_trace"),
]

device_urls: list[URLPattern | URLResolver] = [
    path("", devices.devices, name="devices"),
    path("new/", devices.new_device, name="new_device"),
    path("<int:device_id>/", devices.device, name="device"),
    path("<int:device_id>/edit/", devices.edit_device, name="edit_device"),
    path("<int:device_id>/delete/", devices.delete_device, name="delete_device"),
    path("<int:device_id>/campaigns/", devices.new_campaign, name="new_campaign"),
    path("campaigns/<int:campaign_id>/", include(campaign_urls)),
    path("files/<int:file_id>/", include(measurement_urls)),
    path("runs/<int:run_id>/", include(run_urls)),
    path("kits/<int:kit_id>/kit.zip", measurement_files.kit_zip, name="kit_zip"),
    path("kits/<int:kit_id>/delete/", benches.delete_kit, name="delete_kit"),
]

report_urls: list[URLPattern | URLResolver] = [
    path("", reports.report, name="report"),
    path("live/", reports.report_live, name="report_live"),
    path("document.html", report_document, name="report_document"),
    path("tables.zip", report_tables, name="report_tables"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="studies")),
    path("", include(account_urls)),
    path("healthz", problems.health, name="health"),
    path("favicon.ico", problems.favicon, name="favicon"),
    path("glossary/", paper.glossary, name="glossary"),
    path("search/", search.search_everything, name="search"),
    path("studies/", studies.studies, name="studies"),
    path("studies/first-steps/", studies.first_steps, name="first_steps"),
    path("studies/new/", study_form.new_study, name="new_study"),
    path("studies/new/explanation/", study_form.explain_study, name="explain_study"),
    path("studies/dry-runs/<int:dry_run_id>/", study_form.dry_run, name="dry_run"),
    path("studies/<int:study_id>/", include(study_urls)),
    path("reports/<int:report_id>/", include(report_urls)),
    path("openings/<int:opening_id>/mistakes/", finals.opening_mistakes, name="opening_mistakes"),
    path("compare/", compare.compare, name="compare"),
    path("compare/<slug:table>.<slug:kind>", tables.compare_table, name="compare_table"),
    path("comparisons/", comparisons.comparisons, name="comparisons"),
    path("comparisons/new/", comparisons.new_comparison, name="new_comparison"),
    path("comparisons/new/paper-five/", comparisons.paper_five, name="paper_five"),
    path("comparisons/new/paper-five/outlook/", comparisons.paper_five_outlook, name="paper_five_outlook"),
    path("comparisons/<int:comparison_id>/", include(comparison_urls)),
    path("spaces/<slug:slug>/", space.space_page, name="space_page"),
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.new_dataset, name="new_dataset"),
    path("datasets/<int:dataset_id>/", include(dataset_urls)),
    path("devices/", include(device_urls)),
    path("devices/<int:device_id>/models/", include(energy_model_urls)),
    path("devices/<int:device_id>/measure-next/", measure_next.measure_next, name="measure_next"),
    path("paper/", include(paper_urls)),
]

handler400 = "webapp.views.problems.bad_request"
handler403 = "webapp.views.problems.forbidden"
handler404 = "webapp.views.problems.not_found"
handler500 = "webapp.views.problems.server_error"
