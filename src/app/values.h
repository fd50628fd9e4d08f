#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tonearm::app {

/// What is wrong with a value, and what would be right; empty when nothing is.
using Complaint = std::optional<std::string>;

/// A complaint about a key's value, and in which line what is wrong stands: the entries of an array
/// and of a table may each have one of their own.
struct ValueFault {
  // NOLINTNEXTLINE(google-explicit-constructor): a complaint is a fault of the whole value.
  ValueFault(Complaint what = {}, toml::source_index where = 0)
      : complaint(std::move(what)), line(where) {}
  explicit operator bool() const { return complaint.has_value(); }

  Complaint complaint;
  toml::source_index line;  ///< Of the one entry that is wrong; 0: it is the whole value.
};

/// Reads one entry of an array, and complains of it.
using ReadEntry = std::function<Complaint(const toml::node&, std::string&)>;

/// What an array without entries is.
enum class EmptyArray : std::uint8_t { allowed, refused };

/// Texts in double quotes, as in the documentation, and in one line: what toml++ prints as several
/// does not always read back as the same.
inline constexpr auto toml_text_flags =
    toml::toml_formatter::default_flags &
    ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings);

/// A value as it stands in the file, for a complaint about it.
std::string shown(const toml::node& node);

/// Of two keys, the one that stands further down in their file.
const toml::key& later_of(const toml::key& one, const toml::key& other);

/// Each reads one TOML value into `out`, and leaves it alone when it complains.
Complaint read_text(const toml::node& node, std::string& out);
/// `empty` is for the complaint: whoever refuses it has a word to say of it.
ValueFault read_texts(const toml::node& node, std::vector<std::string>& out,
                      const ReadEntry& read_entry = read_text,
                      EmptyArray empty = EmptyArray::allowed);
Complaint read_flag(const toml::node& node, bool& out);
/// `zero_means` says what 0 stands for where it is allowed below `least`; empty: it is not.
Complaint read_number(const toml::node& node, std::uint64_t least, std::uint64_t most,
                      std::string_view zero_means, std::uint64_t& out);
Complaint read_size(const toml::node& node, std::uint64_t least, std::uint64_t most,
                    std::string_view zero_means, std::uint64_t& out);
Complaint read_duration(const toml::node& node, std::chrono::milliseconds least,
                        std::chrono::milliseconds most, std::chrono::milliseconds& out);

/// As read_text() and read_texts(), but a complaint does not show what may be a secret.
Complaint read_hidden_text(const toml::node& node, std::string& out);
ValueFault read_hidden_texts(const toml::node& node, std::vector<std::string>& out,
                             const ReadEntry& read_entry = read_hidden_text);

}  // namespace tonearm::app
