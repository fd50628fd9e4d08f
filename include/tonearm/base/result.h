#pragma once

#include "tonearm/base/error.h"

#include <boost/system/result.hpp>

#include <stdexcept>

namespace tonearm {

/// A value or an Error. All failures that a request can meet travel as one of these. An exception
/// is a bug, a cancelled request, the system's refusal of what nothing works without (memory, a
/// thread, a descriptor), or, in app alone, a configuration that cannot be used (`ConfigError`,
/// before anything is changed).
template <class T>
using Result = boost::system::result<T, Error>;

/// What `Result::value()` throws when it holds an error: asking for it unchecked is a bug.
class UncheckedResult : public std::logic_error {
 public:
  explicit UncheckedResult(const Error& error);
};

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

}  // namespace tonearm
