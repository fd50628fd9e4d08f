#pragma once

#include "app/config.h"
#include "app/values.h"

#include <toml++/toml.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::app {

/// One key of the configuration: the only place that knows its name, its type and its bounds.
/// Reading, printing, suggestions and the documentation's test all go by this table.
template <class Target>
struct Key {
  std::string name;     ///< "threads", within its table.
  bool secret = false;  ///< May also come as NAME_file or "env:…"; never printed.
  /// Reads a value; relative paths are relative to `directory`.
  std::function<ValueFault(const toml::node&, const std::filesystem::path& directory, Target&)>
      read;
  /// For secrets: takes what a file held.
  std::function<Complaint(std::vector<std::string>, Target&)> take;
  /// Only for what a restart alone can change: puts the running value back into a reloaded
  /// configuration, and says whether the file had another.
  std::function<bool(const Target& running, Target& reloaded)> keep;
  /// The effective value, as it would stand in a file, wherever that lies; secrets are masked.
  std::function<void(const Target&, toml::table&)> print;
};

struct Section {
  std::string name;  ///< "server"
  std::vector<Key<Config>> keys;
};

/// All tables but [resolver.NAME], in the order of the documentation.
const std::vector<Section>& sections();
/// The keys of each [resolver.NAME].
const std::vector<Key<source::ResolverOptions>>& resolver_keys();

/// Every key's full name: "server.listen", "resolver.NAME.command".
std::vector<std::string> all_key_names();
/// The full name of the key that a name without its table is nearest to, if it is near to one.
std::optional<std::string> nearest_key(std::string_view bare);

}  // namespace tonearm::app
