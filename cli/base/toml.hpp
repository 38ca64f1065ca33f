// toml++, for configuration files.
#pragma once

// A file can make false what it asserts; the errors that it throws tell of the same.
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_HEADER_ONLY 1  // no library that each start would load
#include <toml++/toml.h>
