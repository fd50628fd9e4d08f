#include "tonearm/http/validators.h"

#include "tonearm/base/ascii.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace tonearm::http {
namespace {

constexpr std::array<std::string_view, 7> short_days{"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes the text apart from the left; once something does not fit, nothing fits any more.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      failed_ = true;
    }
  }

  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& names) {
    for (unsigned i = 0; i < N; ++i) {
      if (rest_.starts_with(names[i])) {
        rest_.remove_prefix(names[i].size());
        return i;
      }
    }
    failed_ = true;
    return 0;
  }

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) failed_ = true;
    for (std::size_t i = 0; i < count && !failed_; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') failed_ = true;
      value = value * 10 + (c - '0');
    }
    if (!failed_) rest_.remove_prefix(count);
    return value;
  }

  bool next_is(char c) const { return rest_.starts_with(c); }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Moment {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;

  void read_time(DateReader& in) {
    hour = in.digits(2);
    in.literal(":");
    minute = in.digits(2);
    in.literal(":");
    second = in.digits(2);
  }

  std::optional<HttpTime> time() const {
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(year), std::chrono::month(month + 1),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const HttpTime time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
    // The leap second of the last year that four digits can write would lead past it.
    if (time >= sys_days(December / 31 / 9999) + days(1)) return std::nullopt;
    return time;
  }
};

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<HttpTime> parse_imf_fixdate(std::string_view text) {
  DateReader in(text);
  Moment moment;
  in.one_of(short_days);
  in.literal(", ");
  moment.day = in.digits(2);
  in.literal(" ");
  moment.month = in.one_of(months);
  in.literal(" ");
  moment.year = in.digits(4);
  in.literal(" ");
  moment.read_time(in);
  in.literal(" GMT");
  return in.done() ? moment.time() : std::nullopt;
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`; what looks more than 50 years ahead is in the past.
std::optional<HttpTime> parse_rfc850(std::string_view text) {
  DateReader in(text);
  Moment moment;
  in.one_of(long_days);
  in.literal(", ");
  moment.day = in.digits(2);
  in.literal("-");
  moment.month = in.one_of(months);
  in.literal("-");
  moment.year = in.digits(2);
  in.literal(" ");
  moment.read_time(in);
  in.literal(" GMT");
  if (!in.done()) return std::nullopt;
  const auto now = std::chrono::system_clock::now();
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const int this_year = static_cast<int>(std::chrono::year_month_day(today).year());
  moment.year += this_year / 100 * 100;
  const auto time = moment.time();
  if (!time || *time <= now + std::chrono::years(50)) return time;
  moment.year -= 100;
  return moment.time();
}

/// `Sun Nov  6 08:49:37 1994`
std::optional<HttpTime> parse_asctime(std::string_view text) {
  DateReader in(text);
  Moment moment;
  in.one_of(short_days);
  in.literal(" ");
  moment.month = in.one_of(months);
  in.literal(" ");
  if (in.next_is(' ')) {
    in.literal(" ");
    moment.day = in.digits(1);
  } else {
    moment.day = in.digits(2);
  }
  in.literal(" ");
  moment.read_time(in);
  in.literal(" ");
  moment.year = in.digits(4);
  return in.done() ? moment.time() : std::nullopt;
}

void append_two_digits(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

// What an HTTP-date can tell, with its year of four digits (RFC 9110 §5.6.7).
constexpr HttpTime first_date = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr HttpTime last_date = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) +
                               std::chrono::hours(24) - std::chrono::seconds(1);

/// RFC 9110 §8.8.3: etagc = %x21 / %x23-7E / obs-text.
bool is_etag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

/// The entity tag at the start of `text`, and what follows it.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
  EntityTag tag;
  std::string_view rest = text;
  if (rest.starts_with("W/")) {
    tag.weak = true;
    rest.remove_prefix(2);
  }
  if (!rest.starts_with('"')) return std::nullopt;
  std::size_t end = 1;
  while (end < rest.size() && is_etag_char(rest[end])) ++end;
  if (end == rest.size() || rest[end] != '"') return std::nullopt;
  tag.opaque = rest.substr(0, end + 1);
  text = rest.substr(end + 1);
  return tag;
}

}  // namespace

std::optional<HttpTime> parse_http_date(std::string_view text) {
  if (auto time = parse_imf_fixdate(text)) return time;
  if (auto time = parse_rfc850(text)) return time;
  return parse_asctime(text);
}

std::string format_http_date(HttpTime time) {
  using namespace std::chrono;
  time = std::clamp(time, first_date, last_date);
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  std::string out;
  out.reserve(29);
  out += short_days[weekday(midnight).c_encoding()];
  out += ", ";
  append_two_digits(out, static_cast<unsigned>(date.day()));
  out += ' ';
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  append_two_digits(out, year / 100);
  append_two_digits(out, year % 100);
  out += ' ';
  append_two_digits(out, static_cast<unsigned>(clock.hours().count()));
  out += ':';
  append_two_digits(out, static_cast<unsigned>(clock.minutes().count()));
  out += ':';
  append_two_digits(out, static_cast<unsigned>(clock.seconds().count()));
  out += " GMT";
  return out;
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
  auto tag = take_entity_tag(text);
  return text.empty() ? tag : std::nullopt;
}

bool strong_match(const EntityTag& a, const EntityTag& b) {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}

bool weak_match(const EntityTag& a, const EntityTag& b) { return a.opaque == b.opaque; }

EntityTagList parse_entity_tag_list(std::string_view field) {
  EntityTagList list;
  field = trim(field);
  list.any = field == "*";
  while (!list.any && !field.empty()) {
    // A comma may stand inside a tag: only what is no tag is skipped to the next comma.
    auto tag = take_entity_tag(field);
    field = trim(field);
    if (tag && (field.empty() || field.front() == ',')) list.tags.push_back(std::move(*tag));
    const auto comma = field.find(',');
    field = comma == std::string_view::npos ? std::string_view() : trim(field.substr(comma + 1));
  }
  return list;
}

bool is_strong_last_modified(std::optional<HttpTime> last_modified, std::optional<HttpTime> date) {
  return last_modified && date && *date - *last_modified >= std::chrono::seconds(1);
}

}  // namespace tonearm::http
