from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("webapp", "0009_qat_epochs_and_notes"),
    ]

    operations = [
        migrations.AddField(
            model_name='dryrun',
            name='attempts',
            field=models.PositiveIntegerField(default=0, help_text='Simulations begun; a worker may die under one'),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='worker',
            field=models.CharField(blank=True, default='', help_text='Who simulates it now', max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='dryrun',
            name='heartbeat_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='dispatched_at',
            field=models.DateTimeField(blank=True, help_text='When a message was last sent to the queue', null=True),
        ),
    ]
