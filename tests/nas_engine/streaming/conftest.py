from tests.nas_engine.network.threads import use_one_thread

use_one_thread()
