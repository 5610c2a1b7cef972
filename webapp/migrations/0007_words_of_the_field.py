"""Tables, columns and stored settings under the field's names. Every row keeps its values."""

import django.db.models.deletion
from django.db import migrations, models

_SETTINGS = {"screening": "enforce_constraints"}
_RESULTS = {"refused": "violating"}


def _rename_keys(apps, settings, results):
    """Dry runs keep a study's settings, and results by number of workers, as JSON."""
    for row in apps.get_model("webapp", "DryRun").objects.all():
        row.settings = {settings.get(name, name): value for name, value in row.settings.items()}
        for item in (row.result or {}).get("by_workers", []):
            for old, new in results.items():
                if old in item:
                    item[new] = item.pop(old)
        row.save(update_fields=["settings", "result"])


def forwards(apps, schema_editor):
    _rename_keys(apps, _SETTINGS, _RESULTS)


def backwards(apps, schema_editor):
    _rename_keys(apps, *({new: old for old, new in names.items()} for names in (_SETTINGS, _RESULTS)))


class Migration(migrations.Migration):
    dependencies = [("webapp", "0006_energy_from_measurements")]

    operations = [
        migrations.RenameModel("Architecture", "StoredArchitecture"),
        migrations.RemoveConstraint("trialprice", "trial_price_once_a_model"),
        migrations.RemoveConstraint("trialprice", "trial_price_once_without_a_model"),
        migrations.RemoveConstraint("trialprice", "trial_price_not_negative"),
        migrations.RenameModel("TrialPrice", "TrialEnergyEstimate"),
        migrations.RemoveConstraint("trial", "screened_out_trial_never_ran"),
        migrations.RenameField("trial", "screened_out", "violates_constraints"),
        migrations.RenameField("study", "screening", "enforce_constraints"),
        migrations.AlterField(
            "dataset",
            "synthetic",
            models.BooleanField(default=False, help_text="Made by nas_engine.audio.synthesis.generator, not recorded"),
        ),
        migrations.AlterField(
            "energymodel",
            "arrays",
            models.FileField(
                blank=True, help_text=".npz that nas_engine.energy.estimators.base loads", max_length=200, upload_to=""
            ),
        ),
        migrations.AlterField(
            "trialenergyestimate",
            "energy_model",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="energy_estimates",
                to="webapp.energymodel",
            ),
        ),
        migrations.AlterField(
            "trialenergyestimate",
            "trial",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="energy_estimates", to="webapp.trial"
            ),
        ),
        migrations.AddConstraint(
            "trial",
            models.CheckConstraint(
                condition=models.Q(violates_constraints=False) | models.Q(state="INFEASIBLE", started_at__isnull=True),
                name="violating_trial_never_ran",
            ),
        ),
        migrations.AddConstraint(
            "trialenergyestimate",
            models.UniqueConstraint(fields=("trial", "energy_model"), name="trial_energy_estimate_once_a_model"),
        ),
        migrations.AddConstraint(
            "trialenergyestimate",
            models.UniqueConstraint(
                condition=models.Q(energy_model__isnull=True),
                fields=("trial",),
                name="trial_energy_estimate_once_without_a_model",
            ),
        ),
        migrations.AddConstraint(
            "trialenergyestimate",
            models.CheckConstraint(condition=models.Q(energy_mj__gte=0), name="trial_energy_estimate_not_negative"),
        ),
        migrations.RunPython(forwards, backwards),
    ]
