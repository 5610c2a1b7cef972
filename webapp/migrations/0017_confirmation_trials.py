from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("webapp", "0016_statistics_stride")]

    operations = [
        migrations.AddField(
            "trial",
            "confirms",
            models.ForeignKey(
                "webapp.trial",
                null=True,
                blank=True,
                on_delete=CASCADE,
                related_name="confirmations",
                help_text="The completed trial whose network this one trains again, with another seed",
            ),
        ),
    ]
