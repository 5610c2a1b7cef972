"""Epochs with simulated quantisation as a setting of a study; notes of runs and datasets."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webapp", "0008_labels_in_the_fields_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="qat_epochs",
            field=models.PositiveIntegerField(
                default=4,
                help_text="Quantisation-aware training (QAT), which follows the float epochs of a trial.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(200),
                ],
                verbose_name="epochs with simulated quantisation",
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="notes",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="run",
            name="notes",
            field=models.TextField(blank=True),
        ),
    ]
