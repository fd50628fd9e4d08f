#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace tonearm::io {

/// How often a file is read. What a pipe held is gone after the first time: the second would find
/// nothing, or wait for whoever writes next.
enum class Reading : bool {
  once,   ///< A pipe will do; opening one waits for its writer.
  again,  ///< A pipe is refused, and nothing is waited for.
};

/// Everything in a file of at most 64 MiB. What kept it from being read is one line that names the
/// path and the reason; empty when nothing did.
std::optional<std::string> read_whole_file(const std::filesystem::path& path, Reading reading,
                                           std::string& out);

}  // namespace tonearm::io
