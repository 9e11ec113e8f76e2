@testable import S3Policy

/// The boxes of a policy's statements for one kind of callers, to ask whether a request is in them.
struct PolicyBoxes {
    /// What a box says about a request.
    enum Answer: Equatable {
        case inside
        case outside
        /// Inside, if what is in doubt holds.
        case inDoubt
    }

    private let policy: Policy
    private let kind: CallerKind
    private let algebra = TextAlgebra(workLimit: .max)
    private let keys: KeyTable
    private let boxes: [Box?]

    init(_ policy: Policy, kind: CallerKind) {
        let keys = KeyTable([policy], reference: .embedded)
        let compiler = BoxCompiler(algebra: self.algebra, keys: keys, doubts: DoubtTable(), kind: kind, known: KnownValues())
        self.policy = policy
        self.kind = kind
        self.keys = keys
        self.boxes = policy.statements.indices.map { index in
            compiler.box(policy.statements[index], of: policy, at: StatementPlace(policy: 0, statement: index))
        }
    }

    /// - Parameter name: The text that tells the request's caller.
    func answer(_ statement: Int, _ request: AccessRequest, name: String) -> Answer {
        guard let box = self.boxes[statement] else { return .outside }
        var isInDoubt = false
        for literal in box.literals {
            switch literal {
            case .caller(let term): if !self.algebra.contains(name, in: term) { return .outside }
            case .action(let term): if !self.algebra.contains(request.action.lowercased(), in: term) { return .outside }
            case .resource(let term): if !self.algebra.contains(request.resource, in: term) { return .outside }
            case .key(let number, let set): if !self.contains(request.context[self.keys.keys[number]], set, number) { return .outside }
            case .doubt: isInDoubt = true
            }
        }
        return isInDoubt ? .inDoubt : .inside
    }

    private func contains(_ value: RequestContext.Value?, _ set: KeySet, _ number: Int) -> Bool {
        switch (value, set.lists) {
        case (nil, _): set.absent
        case (.single(let text), _): self.contains(text, set.single, number)
        case (.multiple, .none): false
        case (.multiple, .every): true
        case (.multiple(let texts), .all(let values)): texts.allSatisfy { self.contains($0, values, number) }
        case (.multiple(let texts), .any(let values)): texts.contains { self.contains($0, values, number) }
        }
    }

    private func contains(_ text: String, _ values: ValueTerm, _ number: Int) -> Bool {
        switch values {
        case .text(let term): self.algebra.contains(text, in: term)
        case .cells(let cells): cells.contains(self.cell(of: text, number))
        }
    }

    /// The cell whose sample no value of the policy tells apart from the text.
    private func cell(of text: String, _ number: Int) -> Int {
        guard let cells = self.keys.cells(of: number) else { preconditionFailure("The key is compared as text.") }
        let conditions = self.policy.statements.flatMap(\.conditions).filter { $0.key == self.keys.keys[number] }
        let operands = conditions.flatMap { $0.values.map(\.value.source) }
        let value = ValueCells.Value(text, family: cells.family)
        let signature = operands.map { value.relation(to: $0) }
        let index = cells.samples.firstIndex { sample in operands.map { sample.relation(to: $0) } == signature && sample.isAlike(value) }
        guard let index else { preconditionFailure("No cell has \(text).") }
        return index
    }
}

extension ValueCells.Value {
    fileprivate init(_ text: String, family: ValueFamily) {
        switch family {
        case .numeric: self = PolicyNumber(text).map(Self.number) ?? .malformed
        case .date: self = PolicyDate(text).map(Self.date) ?? .malformed
        default: self = IPAddress(text).map { .address($0) } ?? .malformed
        }
    }

    fileprivate func isAlike(_ other: Self) -> Bool { (self == .malformed) == (other == .malformed) }

    /// Less, equal or greater as -1, 0, 1; for addresses 0 for one in the network; nil when there is nothing to compare.
    fileprivate func relation(to operand: String) -> Int? {
        func order<Value: Comparable>(_ left: Value, _ right: Value?) -> Int? {
            right.map { left < $0 ? -1 : left == $0 ? 0 : 1 }
        }
        switch self {
        case .malformed: return nil
        case .number(let number): return order(number, PolicyNumber(operand))
        case .date(let date): return order(date, PolicyDate(operand))
        case .address(let address): return IPNetwork(operand).map { $0.contains(address) ? 0 : 1 }
        }
    }
}

extension Caller {
    /// The kind of a caller and the text that tells it.
    func kindAndName(role: String? = nil) -> (CallerKind, String) {
        switch self {
        case .anonymous: return (.anonymous, "")
        case .service(let name): return (.service, name)
        case .originAccessIdentity(let id): return (.originAccessIdentity, id)
        case .identity(let arn):
            let segments = arn.resource.split(separator: "/").map(String.init)
            switch segments[0] {
            case "root": return (.root, arn.description)
            case "user": return (.user, arn.description)
            case "role": return (.role, arn.description)
            case "federated-user": return (.federatedUser, arn.description)
            default:
                let role = role ?? "arn:\(arn.partition):iam::\(arn.account):role/\(segments[1])"
                return (.session, "\(role)\n\(segments[2])")
            }
        }
    }
}
