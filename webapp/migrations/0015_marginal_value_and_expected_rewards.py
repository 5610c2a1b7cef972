from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webapp", "0014_finals_and_comparisons")]

    operations = [
        migrations.AlterField(
            model_name="study",
            name="early_stopping",
            field=models.CharField(
                choices=[
                    ("none", "None"),
                    ("exponential_decay", "Exponential decay, default parameters"),
                    ("tsgp", "Learned curves (TSGP)"),
                    ("marginal_value", "Marginal value (against new trials)"),
                ],
                default="none",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="finalist",
            name="chosen",
            field=models.CharField(
                choices=[
                    ("expected", "best by expected reward"),
                    ("reward", "best by reward"),
                    ("front", "on the front"),
                    ("hand", "picked by hand"),
                    ("baseline", "published network"),
                ],
                max_length=12,
            ),
        ),
    ]
