// Which Parlance this is. CMake has its version from here.
#pragma once

/// MAJOR.MINOR.PATCH, as https://semver.org/spec/v2.0.0.html has it.
#define PARLANCE_VERSION "0.1.0"
#define PARLANCE_VERSION_MAJOR 0
#define PARLANCE_VERSION_MINOR 1
#define PARLANCE_VERSION_PATCH 0
/// For `#if`: 0.1.0 is 100, 1.2.3 is 10203.
#define PARLANCE_VERSION_NUMBER \
  (PARLANCE_VERSION_MAJOR * 10000 + PARLANCE_VERSION_MINOR * 100 + PARLANCE_VERSION_PATCH)
