from django.db import migrations, models

RUNTIMES = [
    ('xnnpack', 'TensorFlow Lite with XNNPACK'),
    ('reference', 'TensorFlow Lite, reference kernels'),
    ('micro', 'TensorFlow Lite Micro'),
]


class Migration(migrations.Migration):

    dependencies = [
        ('webapp', '0012_energy_model_figures'),
    ]

    operations = [
        migrations.AddField(
            model_name='device',
            name='runtime',
            field=models.CharField(blank=True, choices=RUNTIMES, default='', help_text='Phones and computers use XNNPACK by default; microcontrollers have TensorFlow Lite Micro.', max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='study',
            name='runtime',
            field=models.CharField(choices=RUNTIMES, default='xnnpack', help_text="int8 accuracy is that of this runtime; a trial's page compares the others with it.", max_length=12),
        ),
        migrations.AddField(
            model_name='trial',
            name='runtimes',
            field=models.JSONField(default=dict, help_text='`RuntimeResult` by runtime; empty for results before these'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('runtime__in', ['', 'xnnpack', 'reference', 'micro'])), name='device_runtime_known'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('runtime__in', ['xnnpack', 'reference', 'micro'])), name='study_runtime_known'),
        ),
    ]
