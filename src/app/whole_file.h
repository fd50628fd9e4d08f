#pragma once

#include "app/values.h"

#include <filesystem>
#include <string>

namespace tonearm::app {

/// How often a file is read. What a pipe held is gone after the first time: the second would find
/// nothing, or wait for whoever writes next.
enum class Reading : bool {
  once,   ///< A pipe will do; opening one waits for its writer.
  again,  ///< A pipe is refused, and nothing is waited for.
};

/// Everything in a file. The complaint names the path and the reason, and no remedy.
Complaint read_whole_file(const std::filesystem::path& path, Reading reading, std::string& out);

}  // namespace tonearm::app
