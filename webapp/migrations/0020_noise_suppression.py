from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webapp", "0019_deploy_bundles")]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="suppression",
            field=models.JSONField(
                default=list, help_text="What noise suppression leaves of its clips: ClassSuppression.to_json() by class"
            ),
        ),
    ]
