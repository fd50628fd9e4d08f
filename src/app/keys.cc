#include "app/keys.h"

#include "tonearm/base/ascii.h"
#include "tonearm/server/listen_address.h"

#include "app/checks.h"
#include "app/key_builders.h"
#include "app/secrets.h"
#include "app/suggestions.h"

#include <algorithm>
#include <map>

namespace tonearm::app {
namespace {

using namespace std::chrono_literals;
using source::AllowPrivate;

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::uint64_t GiB = 1024 * MiB;
constexpr milliseconds day = 24h;

// The place of a key's value in the Config or the source::ResolverOptions.
// NOLINTBEGIN(bugprone-macro-parentheses): no member is named in parentheses.
#define PLACE(member) \
  [](auto& c) -> auto& { return c.member; }
// NOLINTEND(bugprone-macro-parentheses)

Complaint read_allow_private(const toml::node& node, AllowPrivate& out) {
  if (const auto* flag = node.as_boolean()) {
    out = flag->get() ? AllowPrivate::yes : AllowPrivate::no;
    return {};
  }
  if (const auto* text = node.as_string(); text != nullptr && text->get() == "configured") {
    out = AllowPrivate::configured;
    return {};
  }
  return shown(node) + R"( is not one of true, false and "configured")";
}

Key<Config> allow_private_key() {
  Key<Config> key;
  key.name = "allow_private";
  key.read = [](const toml::node& node, const std::filesystem::path&, Config& config) {
    return read_allow_private(node, config.upstream.allow_private);
  };
  key.print = [](const Config& config, toml::table& into) {
    const AllowPrivate allowed = config.upstream.allow_private;
    if (allowed == AllowPrivate::configured) {
      into.insert("allow_private", "configured");
    } else {
      into.insert("allow_private", allowed == AllowPrivate::yes);
    }
  };
  return key;
}

constexpr std::string_view file_suffix = "_file";

using Field = std::pair<std::string, std::string>;  ///< Of a request's head: name and value.

/// NAME = "value", "env:VARIABLE", or NAME_file = "path".
Complaint read_header(const std::string& name, const toml::node& value,
                      const std::filesystem::path& directory, Field& field) {
  std::string text;
  field.first = name;
  if (auto complaint = read_hidden_text(value, text)) return complaint;
  if (!name.ends_with(file_suffix)) return read_secret(text, field.second);
  field.first.resize(name.size() - file_suffix.size());
  std::vector<std::string> lines;
  if (auto complaint = read_secret_file(directory / text, io::Reading::again, lines)) {
    return complaint;
  }
  if (lines.size() > 1) return "the file holds several lines; give one secret";
  field.second = std::move(lines.front());
  return {};
}

/// Two keys that name one field, in whatever case: it would be sent twice.
ValueFault repeated_header(const toml::key& one, const toml::key& other) {
  const toml::key& later = later_of(one, other);
  const toml::key& first = &later == &one ? other : one;
  std::string complaint(later.str());
  complaint += " is given together with ";
  complaint += first.str();
  return {complaint + "; keep one of them", later.source().begin.line};
}

ValueFault read_headers(const toml::node& node, const std::filesystem::path& directory,
                        source::UpstreamOptions& upstream) {
  const auto* table = node.as_table();
  if (table == nullptr) return Complaint(R"(is not a table; give { Authorization = "…" })");
  std::vector<Field> headers;
  std::map<std::string, const toml::key*> named;
  for (const auto& [name, value] : *table) {
    Field field;
    Complaint complaint = read_header(std::string(name.str()), value, directory, field);
    if (!complaint) complaint = check_not_masked(field.second);
    if (complaint) {
      complaint = std::string(name.str()) + ": " + *complaint;
    } else {
      complaint = check_request_field(field);
    }
    if (complaint) return {std::move(complaint), name.source().begin.line};
    const auto [place, is_new] = named.try_emplace(to_lower(field.first), &name);
    if (!is_new) return repeated_header(name, *place->second);
    headers.push_back(std::move(field));
  }
  upstream.headers = std::move(headers);
  return {};
}

Key<Config> headers_key() {
  Key<Config> key;
  key.name = "headers";
  key.read = [](const toml::node& node, const std::filesystem::path& directory, Config& config) {
    return read_headers(node, directory, config.upstream);
  };
  key.print = [](const Config& config, toml::table& into) {
    toml::table table;
    // A field may well be a credential: none is shown.
    for (const auto& field : config.upstream.headers) table.insert(field.first, masked_secret);
    table.is_inline(true);
    into.insert("headers", std::move(table));
  };
  return key;
}

/// unix:/path with a relative path starts at the file that names it.
template <class Field>
Key<Config> listen_key(Field field, EmptyArray empty) {
  Key<Config> key = texts_key<Config>("listen", field, check_listen);
  key.read = [=](const toml::node& node, const std::filesystem::path& directory, Config& config) {
    const auto read_address = [&](const toml::node& entry, std::string& text) {
      if (auto complaint = read_text(entry, text)) return complaint;
      if (text.starts_with(server::unix_prefix)) {
        text = std::string(server::unix_prefix) +
               rooted(text.substr(server::unix_prefix.size()), directory);
      }
      return check_listen(text);
    };
    return read_texts(node, field(config), read_address, empty);
  };
  key.print = [=](const Config& config, toml::table& into) {
    toml::array addresses;
    for (std::string text : field(config)) {
      if (text.starts_with(server::unix_prefix)) {
        text = std::string(server::unix_prefix) + absolute(text.substr(server::unix_prefix.size()));
      }
      addresses.push_back(std::move(text));
    }
    into.insert("listen", std::move(addresses));
  };
  return key;
}

Section server_section() {
  using C = Config;
  return {
      "server",
      {at_start_only(listen_key(PLACE(server.listen), EmptyArray::refused), PLACE(server.listen)),
       at_start_only(number_key<C>("threads", PLACE(server.threads), 1, 1024, "one loop per core"),
                     PLACE(server.threads)),
       number_key<C>("max_connections", PLACE(server.max_connections), 1, 10'000'000),
       duration_key<C>("header_timeout", PLACE(server.header_timeout), 1ms, day),
       duration_key<C>("idle_timeout", PLACE(server.idle_timeout), 1ms, day),
       duration_key<C>("send_timeout", PLACE(server.send_timeout), 1ms, 30 * day),
       duration_key<C>("drain", PLACE(server.drain), 0ms, 30 * day),
       text_key<C>("public_url", PLACE(server.public_url), check_public_url),
       texts_key<C>("trusted_proxies", PLACE(server.trusted_proxies), check_cidr),
       flag_key<C>("proxy_protocol", PLACE(server.proxy_protocol)),
       texts_key<C>("cors_origins", PLACE(server.cors_origins), check_origin)}};
}

Section upstream_section() {
  using C = Config;
  return {
      "upstream",
      {text_key<C>("base_url", PLACE(upstream.base_url), check_base_url),
       duration_key<C>("connect_timeout", PLACE(upstream.connect_timeout), 1ms, 1h),
       duration_key<C>("first_byte_timeout", PLACE(upstream.first_byte_timeout), 1ms, 1h),
       duration_key<C>("stall_timeout", PLACE(upstream.stall_timeout), 1ms, 1h),
       number_key<C>("retries", PLACE(upstream.retries), 0, 100),
       number_key<C>("max_connections_per_host", PLACE(upstream.max_connections_per_host), 1,
                     1'000'000),
       size_key<C>("window", PLACE(upstream.window), {1, GiB, "tonearm's own growth"}),
       path_key<C>("ca_file", PLACE(upstream.ca_file), "", check_readable_file), headers_key(),
       allow_private_key(), number_key<C>("max_redirects", PLACE(upstream.max_redirects), 0, 50)}};
}

Section stream_section() {
  using C = Config;
  return {"stream",
          {size_key<C>("buffer", PLACE(stream.buffer), {64 * KiB, 64 * MiB}),
           duration_key<C>("release_after", PLACE(stream.release_after), 1ms, day),
           size_key<C>("max_range", PLACE(stream.max_range), {1, 1024 * GiB, "no limit"}),
           text_key<C>("cache_control", PLACE(stream.cache_control), check_field_value),
           size_key<C>("rate", PLACE(stream.rate), {1, GiB, "as fast as the client reads"}),
           size_key<C>("rate_after", PLACE(stream.rate_after), {0, GiB})}};
}

Section cache_section() {
  using C = Config;
  return {"cache",
          {at_start_only(path_key<C>("path", PLACE(cache.path)), PLACE(cache.path)),
           size_key<C>("size", PLACE(cache.size), {MiB}),
           size_key<C>("slice", PLACE(cache.slice), {32 * KiB, 64 * MiB}),
           duration_key<C>("fresh", PLACE(cache.fresh), 0ms, 3650 * day),
           duration_key<C>("stale_if_error", PLACE(cache.stale_if_error), 0ms, 3650 * day),
           duration_key<C>("negative", PLACE(cache.negative), 0ms, day),
           size_key<C>("read_ahead", PLACE(cache.read_ahead), {0, GiB})}};
}

Section s3_section() {
  using C = Config;
  return {"s3",
          {text_key<C>("endpoint", PLACE(s3.endpoint), check_endpoint),
           text_key<C>("region", PLACE(s3.region), check_region),
           secret_key<C>("access_key", PLACE(s3.access_key)),
           secret_key<C>("secret_key", PLACE(s3.secret_key)),
           secret_key<C>("session_token", PLACE(s3.session_token)),
           flag_key<C>("path_style", PLACE(s3.path_style))}};
}

Section access_section() {
  using C = Config;
  return {"access",
          {secrets_key<C>("signing_keys", PLACE(access.signing_keys)),
           duration_key<C>("link_ttl", PLACE(access.link_ttl), 1s, 3650 * day),
           secrets_key<C>("api_tokens", PLACE(access.api_tokens)),
           number_key<C>("requests_per_second", PLACE(access.requests_per_second), 1, 1'000'000,
                         "no limit"),
           number_key<C>("streams_per_client", PLACE(access.streams_per_client), 1, 1'000'000,
                         "no limit")}};
}

std::vector<Section> make_sections() {
  using C = Config;
  std::vector<Section> all;
  all.push_back(server_section());
  all.push_back(
      {"admin",
       {at_start_only(listen_key(PLACE(admin.listen), EmptyArray::allowed), PLACE(admin.listen))}});
  all.push_back({"log",
                 {text_key<C>("level", PLACE(log.level), check_log_level),
                  path_key<C>("access", PLACE(log.access), "-")}});
  all.push_back(
      {"catalog",
       {path_key<C>("path", PLACE(catalog.path), ":memory:", check_not_empty),
        text_key<C>("lookup", PLACE(catalog.lookup)), text_key<C>("list", PLACE(catalog.list))}});
  all.push_back(upstream_section());
  all.push_back(stream_section());
  all.push_back(cache_section());
  all.push_back({"files",
                 {path_key<C>("root", PLACE(files.root)),
                  duration_key<C>("growth_timeout", PLACE(files.growth_timeout), 100ms, day)}});
  all.push_back(s3_section());
  all.push_back(access_section());
  return all;
}

/// A bare name is looked for in PATH.
bool is_path(const std::string& program) { return program.find('/') != std::string::npos; }

Key<source::ResolverOptions> command_key() {
  using R = source::ResolverOptions;
  Key<R> command = texts_key<R>("command", PLACE(command), check_field_value);
  command.read = [](const toml::node& node, const std::filesystem::path& directory,
                    R& resolver) -> ValueFault {
    if (auto fault = read_texts(node, resolver.command, read_text, EmptyArray::refused)) {
      return fault;
    }
    if (auto complaint = check_resolver_command(resolver.command)) return complaint;
    std::string& program = resolver.command.front();
    if (is_path(program)) program = rooted(program, directory);
    return {};
  };
  command.print = [](const R& resolver, toml::table& into) {
    toml::array words;
    for (const std::string& word : resolver.command) words.push_back(word);
    const std::string& program = resolver.command.front();
    if (is_path(program)) words.front().ref<std::string>() = absolute(program);
    into.insert("command", std::move(words));
  };
  return command;
}

std::vector<Key<source::ResolverOptions>> make_resolver_keys() {
  using R = source::ResolverOptions;
  return {command_key(), duration_key<R>("timeout", PLACE(timeout), 100ms, 1h),
          duration_key<R>("ttl", PLACE(ttl), 0ms, 365 * day),
          number_key<R>("max_running", PLACE(max_running), 1, 1024),
          size_key<R>("window", PLACE(window), {1, GiB, "tonearm's own growth"})};
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> all = make_sections();
  return all;
}

const std::vector<Key<source::ResolverOptions>>& resolver_keys() {
  static const std::vector<Key<source::ResolverOptions>> all = make_resolver_keys();
  return all;
}

std::vector<std::string> all_key_names() {
  std::vector<std::string> names;
  for (const Section& section : sections()) {
    for (const auto& key : section.keys) names.push_back(section.name + "." + key.name);
  }
  for (const auto& key : resolver_keys()) names.push_back("resolver.NAME." + key.name);
  return names;
}

std::optional<std::string> nearest_key(std::string_view bare) {
  const std::vector<std::string> names = all_key_names();
  std::vector<std::string> last_parts;
  for (const std::string& name : names) last_parts.push_back(name.substr(name.rfind('.') + 1));
  const auto meant = nearest(bare, last_parts);
  if (!meant) return {};
  const auto at = std::find(last_parts.begin(), last_parts.end(), *meant) - last_parts.begin();
  return names[static_cast<std::size_t>(at)];
}

}  // namespace tonearm::app
