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
    ]
