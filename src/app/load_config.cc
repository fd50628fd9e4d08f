#include "app/load_config.h"

#include "app/checks.h"
#include "app/keys.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace tonearm::app {
namespace {

namespace fs = std::filesystem;

std::string at(const fs::path& file, const toml::source_region& where) {
  return file.string() + ":" + std::to_string(where.begin.line) + ": ";
}

/// Whether a key's value is another than its default: only then does "not yet" matter.
template <class Target>
bool is_set(const Key<Target>& key, const Target& target) {
  toml::table effective;
  toml::table by_default;
  key.print(target, effective);
  key.print(Target{}, by_default);
  return effective != by_default;
}

/// Reads one file into a Loaded.
class FileReader {
 public:
  FileReader(fs::path file, Loaded& loaded)
      : file_(std::move(file)), directory_(file_.parent_path()), loaded_(loaded) {}

  void read() {
    toml::table root;
    try {
      root = toml::parse_file(file_.string());
    } catch (const toml::parse_error& error) {
      const bool opened = error.source().begin.line > 0;
      std::string what(error.description());
      std::replace(what.begin(), what.end(), '\n', ' ');
      throw ConfigError((opened ? at(file_, error.source()) : file_.string() + ": ") + what);
    }
    for (const auto& [name, node] : root) read_section(name, node);
  }

 private:
  void read_section(const toml::key& name, const toml::node& node) {
    if (name.str() == "resolver") return read_resolvers(name, node);
    const auto& all = sections();
    const auto section = std::find_if(all.begin(), all.end(),
                                      [&](const Section& one) { return one.name == name.str(); });
    if (section == all.end()) fail_unknown(name, std::string(name.str()), node.is_table());
    read_table(section->name, as_table(name, node), section->keys, loaded_.config);
  }

  void read_resolvers(const toml::key& name, const toml::node& node) {
    for (const auto& [resolver, keys] : as_table(name, node)) {
      if (auto complaint = check_resolver_name(std::string(resolver.str()))) {
        fail(resolver.source(), "resolver", *complaint);
      }
      ResolverConfig& config = loaded_.config.resolvers[std::string(resolver.str())];
      const std::string prefix = "resolver." + std::string(resolver.str());
      read_table(prefix, as_table(resolver, keys), resolver_keys(), config);
      if (auto complaint = check_resolver_command(config.command)) {
        fail(resolver.source(), prefix + ".command", *complaint);
      }
    }
  }

  template <class Target>
  void read_table(const std::string& prefix, const toml::table& table,
                  const std::vector<Key<Target>>& keys, Target& target) {
    for (const auto& [name, node] : table) {
      const std::string full = prefix + "." + std::string(name.str());
      const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key<Target>& one) {
        return one.name == name.str() || (one.secret && one.name + "_file" == name.str());
      });
      if (key == keys.end()) fail_unknown(name, full, false);
      const bool from_file = key->name != name.str();
      if (from_file && table.contains(key->name)) {
        fail(name.source(), full, "is given together with " + key->name + "; keep one of them");
      }
      const Complaint complaint =
          from_file ? read_from_file(*key, node, target) : key->read(node, directory_, target);
      if (complaint) fail(name.source(), full, *complaint);
      if (key->later && is_set(*key, target)) {
        loaded_.not_yet.push_back(at(file_, name.source()) + full +
                                  ": not yet in this version; remove it to serve");
      }
    }
  }

  template <class Target>
  Complaint read_from_file(const Key<Target>& key, const toml::node& node, Target& target) const {
    std::string path;
    if (auto complaint = read_text(node, path)) return complaint;
    std::vector<std::string> lines;
    if (auto complaint = read_secret_file(directory_ / path, lines)) return complaint;
    return key.take(std::move(lines), target);
  }

  const toml::table& as_table(const toml::key& name, const toml::node& node) const {
    const auto* table = node.as_table();
    if (table == nullptr) {
      fail(name.source(), std::string(name.str()),
           "is a table; write [" + std::string(name.str()) + "] and its keys below it");
    }
    return *table;
  }

  [[noreturn]] void fail(const toml::source_region& where, const std::string& key,
                         const std::string& complaint) const {
    throw ConfigError(at(file_, where) + key + ": " + complaint);
  }

  [[noreturn]] void fail_unknown(const toml::key& name, const std::string& full,
                                 bool is_table) const {
    std::vector<std::string> names;
    if (is_table) {
      for (const Section& section : sections()) names.push_back(section.name);
      names.emplace_back("resolver");
    } else {
      names = all_key_names();
    }
    fail(name.source(), full, "is unknown; did you mean " + nearest(full, names) + "?");
  }

  fs::path file_;
  fs::path directory_;
  Loaded& loaded_;
};

/// An option goes the way of its key: the same checks, the same place.
void override_key(std::string_view option, std::string_view section, std::string_view name,
                  const toml::node& value, Loaded& loaded) {
  for (const Section& one : sections()) {
    if (one.name != section) continue;
    for (const auto& key : one.keys) {
      if (key.name != name) continue;
      if (auto complaint = key.read(value, {}, loaded.config)) {
        throw ConfigError(std::string(option) + ": " + *complaint);
      }
      if (key.later && is_set(key, loaded.config)) {
        loaded.not_yet.push_back(std::string(option) +
                                 ": not yet in this version; remove it to serve");
      }
    }
  }
}

void apply(const Overrides& overrides, Loaded& loaded) {
  if (!overrides.listen.empty()) {
    toml::array listen;
    for (const std::string& address : overrides.listen) listen.push_back(address);
    override_key("--listen", "server", "listen", listen, loaded);
  }
  const auto text = [&](std::string_view option, std::string_view section, std::string_view name,
                        const std::optional<std::string>& value) {
    if (value) override_key(option, section, name, toml::value<std::string>(*value), loaded);
  };
  text("--catalog", "catalog", "path", overrides.catalog);
  text("--base-url", "upstream", "base_url", overrides.base_url);
  text("--cache-dir", "cache", "path", overrides.cache_dir);
  text("--log-level", "log", "level", overrides.log_level);
}

}  // namespace

Loaded load_config(const std::optional<fs::path>& file, const Overrides& overrides) {
  Loaded loaded;
  if (file) FileReader(*file, loaded).read();
  apply(overrides, loaded);
  const Config& config = loaded.config;
  const std::string where = file ? file->string() + ": " : std::string();
  if (config.catalog.path == ":memory:" && config.catalog.lookup.empty()) {
    throw ConfigError(where + "catalog.path: \":memory:\" holds no table; set catalog.lookup too");
  }
  if (config.server.listen.empty()) {
    throw ConfigError(where + "server.listen: is empty; give one address at least");
  }
  return loaded;
}

std::string print_config(const Config& config) {
  std::ostringstream out;
  for (const Section& section : sections()) {
    toml::table table;
    for (const auto& key : section.keys) key.print(config, table);
    out << '[' << section.name << "]\n" << table << "\n\n";
  }
  for (const auto& [name, resolver] : config.resolvers) {
    toml::table table;
    for (const auto& key : resolver_keys()) key.print(resolver, table);
    out << "[resolver." << name << "]\n" << table << "\n\n";
  }
  std::string text = out.str();
  if (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace tonearm::app
