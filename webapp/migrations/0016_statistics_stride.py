from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

_RECIPE = ["dataset", "full_epochs", "qat_epochs", "batch_size", "runtime"]
_FIELD = {
    "verbose_name": "BatchNorm takes every nth position",
    "validators": [MinValueValidator(1), MaxValueValidator(8)],
    "help_text": "For mean and variance, in time and frequency. 1: all, as usual; more is faster and less accurate.",
}


class Migration(migrations.Migration):
    dependencies = [("webapp", "0015_marginal_value_and_expected_rewards")]

    operations = [
        migrations.AddField("study", "statistics_stride", models.PositiveIntegerField(default=1, **_FIELD)),
        migrations.AlterField(
            "study",
            "switch_at",
            models.PositiveIntegerField(
                "trials before the switch",
                default=1000,
                validators=[MinValueValidator(1)],
                help_text="Of the hybrid: so many trials are the Gaussian process's; with marginal value, their epochs.",
            ),
        ),
        migrations.RemoveConstraint("study", "finals_of_baselines_once_a_recipe"),
        migrations.AddConstraint(
            "study",
            models.UniqueConstraint(
                fields=[*_RECIPE[:-1], "statistics_stride", "runtime"],
                condition=models.Q(kind="finals", parent__isnull=True),
                name="finals_of_baselines_once_a_recipe",
            ),
        ),
    ]
