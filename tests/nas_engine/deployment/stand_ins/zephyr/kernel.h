#pragma once
#define K_SECONDS(seconds) (seconds)
int k_sleep(int timeout);
