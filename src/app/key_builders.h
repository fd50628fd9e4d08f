#pragma once

#include "app/keys.h"
#include "app/secrets.h"
#include "app/units.h"

#include <string>
#include <utility>

namespace tonearm::app {

// Each makes a Key from its name and `field`, a generic lambda that gives the place of its value in
// the target: [](auto& c) -> auto& { return c.server.threads; }

/// A path as it is to be opened: relative ones start at the file that names them. Not normalised:
/// behind a symbolic link, `..` is the parent of what it leads to.
inline std::string rooted(const std::string& path, const std::filesystem::path& directory) {
  if (path.empty() || directory.empty()) return path;
  return (directory / path).string();
}

/// A path as it is to be printed: what reads it lies elsewhere. None stays none.
inline std::string absolute(const std::string& path) {
  std::error_code failed;
  const auto whole = std::filesystem::absolute(path, failed);
  return failed ? path : whole.string();
}

template <class Target, class Field>
Key<Target> text_key(std::string name, Field field,
                     Complaint (*check)(const std::string&) = nullptr) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    std::string text;
    Complaint complaint = read_text(node, text);
    if (!complaint && check != nullptr) complaint = check(text);
    if (!complaint) field(target) = std::move(text);
    return complaint;
  };
  key.print = [=](const Target& target, toml::table& into) { into.insert(name, field(target)); };
  key.name = std::move(name);
  return key;
}

template <class Target, class Field>
Key<Target> texts_key(std::string name, Field field, Complaint (*check)(const std::string&)) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    return read_texts(node, field(target), [=](const toml::node& entry, std::string& text) {
      Complaint complaint = read_text(entry, text);
      return complaint ? complaint : check(text);
    });
  };
  key.print = [=](const Target& target, toml::table& into) {
    toml::array array;
    for (const std::string& text : field(target)) array.push_back(text);
    into.insert(name, std::move(array));
  };
  key.name = std::move(name);
  return key;
}

/// `special`: values that are no paths, such as "-". `check` gets the path as it is to be opened.
template <class Target, class Field>
Key<Target> path_key(std::string name, Field field, std::string_view special = {},
                     Complaint (*check)(const std::string&) = nullptr) {
  Key<Target> key = text_key<Target>(std::move(name), field);
  key.read = [=](const toml::node& node, const std::filesystem::path& directory, Target& target) {
    std::string text;
    Complaint complaint = read_text(node, text);
    if (text != special) text = rooted(text, directory);
    if (!complaint && check != nullptr) complaint = check(text);
    if (!complaint) field(target) = std::move(text);
    return complaint;
  };
  key.print = [=, name = key.name](const Target& target, toml::table& into) {
    const std::string& path = field(target);
    into.insert(name, path == special ? path : absolute(path));
  };
  return key;
}

template <class Target, class Field>
Key<Target> flag_key(std::string name, Field field) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    return read_flag(node, field(target));
  };
  key.print = [=](const Target& target, toml::table& into) { into.insert(name, field(target)); };
  key.name = std::move(name);
  return key;
}

template <class Target, class Field>
Key<Target> number_key(std::string name, Field field, std::uint64_t least, std::uint64_t most,
                       std::string_view zero_means = {}) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    std::uint64_t number = 0;
    Complaint complaint = read_number(node, least, most, zero_means, number);
    using Number = std::remove_reference_t<decltype(field(target))>;
    if (!complaint) field(target) = static_cast<Number>(number);
    return complaint;
  };
  key.print = [=](const Target& target, toml::table& into) {
    into.insert(name, static_cast<std::int64_t>(field(target)));
  };
  key.name = std::move(name);
  return key;
}

struct SizeBounds {
  std::uint64_t least = 0;
  std::uint64_t most = 8'388'607ULL << 40;  ///< In TiB, the most that 63 bits hold.
  std::string_view zero_means = {};
};

template <class Target, class Field>
Key<Target> size_key(std::string name, Field field, SizeBounds bounds) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    return read_size(node, bounds.least, bounds.most, bounds.zero_means, field(target));
  };
  key.print = [=](const Target& target, toml::table& into) {
    constexpr std::uint64_t smallest_unit = 1024;
    const std::uint64_t bytes = field(target);
    if (bytes % smallest_unit != 0 || bytes == 0) {
      into.insert(name, static_cast<std::int64_t>(bytes));
    } else {
      into.insert(name, format_size(bytes));
    }
  };
  key.name = std::move(name);
  return key;
}

template <class Target, class Field>
Key<Target> duration_key(std::string name, Field field, milliseconds least, milliseconds most) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    return read_duration(node, least, most, field(target));
  };
  key.print = [=](const Target& target, toml::table& into) {
    into.insert(name, format_duration(field(target)));
  };
  key.name = std::move(name);
  return key;
}

/// One of several secrets: none of them may be empty.
inline Complaint read_one_secret(const toml::node& node, std::string& out) {
  std::string text;
  Complaint complaint = read_hidden_text(node, text);
  if (!complaint) complaint = read_secret(text, out);
  return complaint ? complaint : check_secret(out);
}

template <class Target, class Field>
Key<Target> secret_key(std::string name, Field field) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    std::string text;
    Complaint complaint = read_hidden_text(node, text);
    if (!complaint) complaint = read_secret(std::string(text), text);
    // An empty one is none.
    if (!complaint && !text.empty()) complaint = check_secret(text);
    if (!complaint) field(target) = std::move(text);
    return complaint;
  };
  key.take = [=](std::vector<std::string> lines, Target& target) -> Complaint {
    if (lines.size() != 1) return "the file holds several lines; give one secret";
    if (auto complaint = check_secret(lines[0])) return complaint;
    field(target) = std::move(lines[0]);
    return {};
  };
  key.print = [=](const Target& target, toml::table& into) {
    into.insert(name, field(target).empty() ? std::string_view() : masked_secret);
  };
  key.secret = true;
  key.name = std::move(name);
  return key;
}

template <class Target, class Field>
Key<Target> secrets_key(std::string name, Field field) {
  Key<Target> key;
  key.read = [=](const toml::node& node, const std::filesystem::path&, Target& target) {
    return read_hidden_texts(node, field(target), read_one_secret);
  };
  key.take = [=](std::vector<std::string> lines, Target& target) -> Complaint {
    for (const std::string& line : lines) {
      if (auto complaint = check_secret(line)) return complaint;
    }
    field(target) = std::move(lines);
    return {};
  };
  key.print = [=](const Target& target, toml::table& into) {
    toml::array array;
    for (std::size_t i = 0; i < field(target).size(); ++i) array.push_back(masked_secret);
    into.insert(name, std::move(array));
  };
  key.secret = true;
  key.name = std::move(name);
  return key;
}

/// For what a reload cannot change.
template <class Target, class Field>
Key<Target> at_start_only(Key<Target> key, Field field) {
  key.keep = [=](const Target& running, Target& reloaded) {
    const bool differs = field(running) != field(reloaded);
    field(reloaded) = field(running);
    return differs;
  };
  return key;
}

}  // namespace tonearm::app
