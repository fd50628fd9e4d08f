#include "app/load_config.h"

#include "tonearm/base/ascii.h"
#include "tonearm/server/listen_address.h"

#include "app/checks.h"
#include "app/key_builders.h"
#include "app/keys.h"
#include "app/one_line.h"
#include "app/secrets.h"
#include "app/suggestions.h"

#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <type_traits>
#include <utility>

namespace tonearm::app {
namespace {

namespace fs = std::filesystem;

std::string at(const fs::path& file, toml::source_index line) {
  return file.string() + ":" + std::to_string(line) + ": ";
}

toml::source_index line_of(const toml::key& name) { return name.source().begin.line; }

/// toml++ repeats a number that is too large: it may be a secret that lacks its quotes.
std::string fault_of(const toml::parse_error& error) {
  const bool is_number = error.description().find("is not representable") != std::string_view::npos;
  if (is_number) return "a number does not fit into 64 bits; a text stands in quotes";
  return std::string(error.description());
}

/// toml++ (3.3) follows a dotted key by recursion, to the end of the stack. The first line with
/// more dots than any key has, outside of strings and comments; 0: there is none.
toml::source_index line_too_deep(std::string_view text) {
  constexpr int most_dots = 1000;
  toml::source_index line = 1;
  int dots = 0;
  char quote = 0;
  bool comment = false;
  bool escaped = false;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = quote = 0;
      comment = escaped = false;
    } else if (quote != 0) {
      if (c == quote && !escaped) quote = 0;
      escaped = quote == '"' && c == '\\' && !escaped;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else {
      comment = comment || c == '#';
      if (c == '.' && !comment && ++dots > most_dots) return line;
    }
  }
  return 0;
}

/// Where the keys that were given, by their full names, got their values: what a complaint begins
/// with.
using Places = std::map<std::string, std::string>;

std::vector<std::string> table_names(std::string_view resolver) {
  std::vector<std::string> names;
  for (const Section& section : sections()) names.push_back(section.name);
  names.emplace_back(resolver);
  return names;
}

/// What an unknown key of a table may have meant: one of its own, or one of another table. A
/// resolver's name is anything, so only its own keys compare.
template <class Target>
std::vector<std::string> known_names(const std::string& prefix,
                                     const std::vector<Key<Target>>& keys) {
  if constexpr (std::is_same_v<Target, Config>) return all_key_names();
  std::vector<std::string> names;
  for (const Key<Target>& key : keys) names.push_back(prefix + "." + key.name);
  return names;
}

/// What to do about an unknown name that is near to none.
template <class Target>
std::string known_keys(const std::string& prefix, const std::vector<Key<Target>>& keys) {
  std::vector<std::string> names;
  for (const Key<Target>& key : keys) names.push_back(key.name);
  return "[" + prefix + "] takes " + enumerated(names);
}

/// A resolver's name in a table's head: with + or . it must be quoted.
std::string toml_key(const std::string& name) {
  const bool bare = name.find_first_of("+.") == std::string::npos;
  return bare ? name : '"' + name + '"';
}

/// Reads one file into a Config.
class FileReader {
 public:
  FileReader(fs::path file, io::Reading reading, Config& config, Places& places)
      : file_(std::move(file)),
        directory_(file_.parent_path()),
        reading_(reading),
        config_(config),
        places_(places) {}

  void read() {
    std::string text;
    if (auto complaint = io::read_whole_file(file_, reading_, text)) {
      throw ConfigError(*complaint + "; give a readable configuration file");
    }
    if (const auto line = line_too_deep(text)) {
      throw ConfigError(at(file_, line) + "a key of more than a thousand parts; remove it");
    }
    toml::table root;
    try {
      root = toml::parse(text, file_.string());
    } catch (const toml::parse_error& error) {
      throw ConfigError(at(file_, error.source().begin.line) + fault_of(error) +
                        "; TOML's syntax is at https://toml.io");
    }
    // A default means what it would mean if the file said it.
    config_.catalog.path = rooted(config_.catalog.path, directory_);
    for (const auto& [name, node] : root) read_section(name, node);
  }

 private:
  void read_section(const toml::key& name, const toml::node& node) {
    if (name.str() == "resolver") return read_resolvers(name, node);
    const auto& all = sections();
    const auto section = std::find_if(all.begin(), all.end(),
                                      [&](const Section& one) { return one.name == name.str(); });
    if (section == all.end()) {
      const std::string wrong(name.str());
      if (wrong.find('.') != std::string::npos) {
        fail(line_of(name), wrong, "is one name in quotes; write it without them");
      }
      fail_unknown(name, wrong,
                   node.is_table() ? nearest(wrong, table_names("resolver")) : nearest_key(wrong),
                   "tables are " + enumerated(table_names("resolver.NAME")));
    }
    read_table(section->name, as_table(name, section->name, node), section->keys, config_);
  }

  void read_resolvers(const toml::key& name, const toml::node& node) {
    if (!node.is_table()) fail_no_table(name, "resolver", "resolver.NAME");
    for (const auto& [resolver, keys] : *node.as_table()) {
      if (!keys.is_table() && is_resolver_key(resolver.str())) {
        fail(line_of(resolver), "resolver." + std::string(resolver.str()),
             "stands in no resolver; write [resolver.NAME] above it");
      }
      if (auto complaint = check_resolver_name(std::string(resolver.str()))) {
        fail(line_of(resolver), "resolver", *complaint);
      }
      const std::string prefix = "resolver." + std::string(resolver.str());
      const auto [place, is_new] = config_.resolvers.try_emplace(to_lower(resolver.str()));
      if (!is_new) fail_same_resolver(resolver, *node.as_table());
      source::ResolverOptions& config = place->second;
      read_table(prefix, as_table(resolver, prefix, keys), resolver_keys(), config);
      if (auto complaint = check_resolver_command(config.command)) {
        fail(line_of(resolver), prefix + ".command", *complaint);
      }
    }
  }

  [[noreturn]] void fail_same_resolver(const toml::key& one, const toml::table& all) const {
    const auto other = std::ranges::find_if(all, [&](const auto& entry) {
      return iequals(entry.first.str(), one.str()) && entry.first.str() != one.str();
    });
    const toml::key& later = later_of(one, other->first);
    fail(line_of(later), "resolver." + std::string(later.str()),
         "differs from another resolver's name in case alone, which does not count; choose "
         "another name");
  }

  template <class Target>
  void read_table(const std::string& prefix, const toml::table& table,
                  const std::vector<Key<Target>>& keys, Target& target) {
    for (const auto& [name, node] : table) {
      const std::string full = prefix + "." + std::string(name.str());
      const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key<Target>& one) {
        return one.name == name.str() || (one.secret && one.name + "_file" == name.str());
      });
      if (key == keys.end()) {
        fail_unknown(name, full, nearest(full, known_names(prefix, keys)),
                     known_keys(prefix, keys));
      }
      const bool from_file = key->name != name.str();
      if (from_file && table.contains(key->name)) {
        fail(line_of(name), full, "is given together with " + key->name + "; keep one of them");
      }
      const ValueFault fault =
          from_file ? read_from_file(*key, node, target) : key->read(node, directory_, target);
      if (fault) fail(fault.line != 0 ? fault.line : line_of(name), full, *fault.complaint);
      places_[prefix + "." + key->name] = at(file_, line_of(name));
    }
  }

  template <class Target>
  Complaint read_from_file(const Key<Target>& key, const toml::node& node, Target& target) const {
    std::string path;
    if (auto complaint = read_text(node, path)) return complaint;
    if (path.empty()) return "is empty; remove it, or name a file that holds the secret";
    std::vector<std::string> lines;
    if (auto complaint = read_secret_file(directory_ / path, reading_, lines)) return complaint;
    return key.take(std::move(lines), target);
  }

  const toml::table& as_table(const toml::key& name, const std::string& full,
                              const toml::node& node) const {
    const auto* table = node.as_table();
    if (table == nullptr) fail_no_table(name, full, full);
    return *table;
  }

  static bool is_resolver_key(std::string_view name) {
    return std::ranges::any_of(resolver_keys(), [&](const auto& key) { return key.name == name; });
  }

  [[noreturn]] void fail_no_table(const toml::key& name, const std::string& full,
                                  const std::string& head) const {
    fail(line_of(name), full, "is a table; write [" + head + "] and its keys below it");
  }

  [[noreturn]] void fail(toml::source_index line, const std::string& key,
                         const std::string& complaint) const {
    throw ConfigError(at(file_, line) + key + ": " + complaint);
  }

  [[noreturn]] void fail_unknown(const toml::key& name, const std::string& full,
                                 const std::optional<std::string>& meant,
                                 const std::string& known) const {
    fail(line_of(name), full, "is unknown; " + (meant ? "did you mean " + *meant + "?" : known));
  }

  fs::path file_;
  fs::path directory_;
  io::Reading reading_;
  Config& config_;
  Places& places_;
};

/// An option goes the way of its key: the same checks, the same place.
void override_key(std::string_view option, std::string_view section, std::string_view name,
                  const toml::node& value, Config& config, Places& places) {
  for (const Section& one : sections()) {
    if (one.name != section) continue;
    for (const auto& key : one.keys) {
      if (key.name != name) continue;
      if (auto fault = key.read(value, {}, config)) {
        throw ConfigError(std::string(option) + ": " + *fault.complaint);
      }
      places[one.name + "." + key.name] = std::string(option) + ": ";
    }
  }
}

void apply(const Overrides& overrides, Config& config, Places& places) {
  if (!overrides.listen.empty()) {
    toml::array listen;
    for (const std::string& address : overrides.listen) listen.push_back(address);
    override_key("--listen", "server", "listen", listen, config, places);
  }
  const auto text = [&](std::string_view option, std::string_view section, std::string_view name,
                        const std::optional<std::string>& value) {
    if (!value) return;
    override_key(option, section, name, toml::value<std::string>(*value), config, places);
  };
  text("--catalog", "catalog", "path", overrides.catalog);
  text("--base-url", "upstream", "base_url", overrides.base_url);
  text("--cache-dir", "cache", "path", overrides.cache_dir);
  text("--log-level", "log", "level", overrides.log_level);
}

/// What is wrong with keys together, each of which is right alone.
struct Fault {
  std::string key;
  std::string cause;  ///< The other key; where `key` was not given, its value is the reason.
  std::string complaint;
};

/// The same for all the ways to write a path.
std::string one_of_its_names(const std::string& path) {
  std::error_code failed;
  const fs::path name = fs::weakly_canonical(absolute(path), failed);
  return failed ? path : name.string();
}

/// An address to listen on twice: SO_REUSEPORT would let both have it, and share out its clients.
std::optional<Fault> repeated_address(const Config& config) {
  std::set<std::string> seen;
  const auto repeats = [&](const std::string& text) {
    auto address = server::parse_listen_address(text);
    if (address->is_unix()) address->path = one_of_its_names(address->path);
    const bool any_port = !address->is_unix() && address->port == 0;
    return !any_port && !seen.insert(server::to_text(*address)).second;
  };
  for (const std::string& text : config.server.listen) {
    if (!repeats(text)) continue;
    return Fault{"server.listen", {}, '"' + text + "\" is there twice; keep one of them"};
  }
  for (const std::string& text : config.admin.listen) {
    if (!repeats(text)) continue;
    return Fault{"admin.listen", "server.listen",
                 '"' + text + "\" is taken already; give another port, or [] for none"};
  }
  return {};
}

std::optional<Fault> fault_of_several(const Config& config) {
  if (config.catalog.path == ":memory:" && config.catalog.lookup.empty()) {
    return Fault{"catalog.path", {}, "\":memory:\" holds no table; set catalog.lookup too"};
  }
  if (config.s3.access_key.empty() != config.s3.secret_key.empty()) {
    Fault fault{"s3.access_key", "s3.secret_key",
                "is empty, but its other half is not; give both, or none"};
    if (config.s3.secret_key.empty()) std::swap(fault.key, fault.cause);
    return fault;
  }
  if (config.server.listen.empty()) {
    return Fault{"server.listen", {}, "is empty; give one address at least"};
  }
  return repeated_address(config);
}

/// Empty for a key that was not given.
std::string place_of(const std::string& key, const Places& places) {
  const auto found = places.find(key);
  return found == places.end() ? std::string() : found->second;
}

/// Where the mistake is to be looked for.
std::string place_of(const Fault& fault, const Places& places) {
  return place_of(places.contains(fault.key) ? fault.key : fault.cause, places);
}

void print_table(const std::string& name, const toml::table& table, std::ostream& out) {
  out << '[' << name << "]\n" << toml::toml_formatter(table, toml_text_flags) << "\n\n";
}

}  // namespace

ConfigError::ConfigError(const std::string& line) : std::runtime_error(one_line(line)) {}

Config load_config(const std::optional<fs::path>& file, const Overrides& overrides,
                   io::Reading reading) {
  Config config;
  Places places;
  if (file) FileReader(*file, reading, config, places).read();
  apply(overrides, config, places);
  config.catalog_path_place = place_of("catalog.path", places);
  config.catalog.lookup_place = place_of("catalog.lookup", places);
  config.catalog.list_place = place_of("catalog.list", places);
  if (const auto fault = fault_of_several(config)) {
    throw ConfigError(place_of(*fault, places) + fault->key + ": " + fault->complaint);
  }
  return config;
}

std::vector<std::string> keep_what_wants_a_restart(const Config& running, Config& reloaded) {
  std::vector<std::string> names;
  for (const Section& section : sections()) {
    for (const auto& key : section.keys) {
      if (key.keep && key.keep(running, reloaded)) names.push_back(section.name + "." + key.name);
    }
  }
  return names;
}

std::string print_config(const Config& config) {
  std::ostringstream out;
  for (const Section& section : sections()) {
    toml::table table;
    for (const auto& key : section.keys) key.print(config, table);
    print_table(section.name, table, out);
  }
  for (const auto& [name, resolver] : config.resolvers) {
    toml::table table;
    for (const auto& key : resolver_keys()) key.print(resolver, table);
    print_table("resolver." + toml_key(name), table, out);
  }
  std::string text = out.str();
  if (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace tonearm::app
