#pragma once

#include "tonearm/io/whole_file.h"

#include "app/config.h"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tonearm::app {

/// A configuration that cannot be used. what() is one line: where (file and line, or the option),
/// which key, what is wrong, what would be right.
class ConfigError : public std::runtime_error {
 public:
  /// Control characters that a value brought along are escaped.
  explicit ConfigError(const std::string& line);
};

/// What the command line says; it beats the file. Relative paths start at the current directory.
struct Overrides {
  std::vector<std::string> listen;
  std::optional<std::string> catalog;
  std::optional<std::string> base_url;
  std::optional<std::string> cache_dir;
  std::optional<std::string> log_level;
};

/// Command line over file over defaults, all of it validated. Throws ConfigError. `reading`: how
/// the file, and those with secrets that it names, are opened; again for a reload.
Config load_config(const std::optional<std::filesystem::path>& file, const Overrides& overrides,
                   io::Reading reading = io::Reading::once);

/// Puts back into a reloaded configuration what only a restart can change; the full names of the
/// keys that had another value.
std::vector<std::string> keep_what_wants_a_restart(const Config& running, Config& reloaded);

/// The effective configuration as TOML that load_config() reads, secrets masked.
std::string print_config(const Config& config);

}  // namespace tonearm::app
