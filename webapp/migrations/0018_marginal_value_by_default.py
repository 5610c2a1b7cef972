from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webapp", "0017_confirmation_trials")]

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
                default="marginal_value",
                max_length=20,
            ),
        ),
    ]
