#pragma once

#include <string>

namespace tonearm::source {

/// The file of a resolver's program, as a shell finds it: a name without a slash is the first one
/// in $PATH that may be run, any other stands for itself. Empty when there is none. Blocks. Thread-
/// safe as long as nobody sets the environment.
std::string find_program(const std::string& name);

}  // namespace tonearm::source
