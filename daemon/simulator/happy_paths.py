"""The test support APIs' ready answers, by scenario, with HMRC's own figures (hmrc/paye-des-stub, hmrc/national-insurance-des-stub).

The texts are kept as JSON so that every number goes over the wire as HMRC writes it: `36.5`, `325`, `22500`.
"""

from collections.abc import Mapping

TAX = {
    "HAPPY_PATH_1": """{"pensionsAnnuitiesAndOtherStateBenefits":{"otherPensionsAndRetirementAnnuities":36.5,"incapacityBenefit":980.45},"refunds":{"taxRefundedOrSetOff":325},"employments":[{"employerPayeReference":"123/AB456","taxTakenOffPay":890.35},{"employerPayeReference":"456/AB456","taxTakenOffPay":224.99}]}""",
    "HAPPY_PATH_2": """{"pensionsAnnuitiesAndOtherStateBenefits":{},"refunds":{},"employments":[{"employerPayeReference":"111/AAA","taxTakenOffPay":3000}]}""",
}
INCOME = {
    "HAPPY_PATH_1": """{"pensionsAnnuitiesAndOtherStateBenefits":{"otherPensionsAndRetirementAnnuities":36.5,"incapacityBenefit":980.45,"jobseekersAllowance":89.99,"seissNetPaid":55.55},"employments":[{"employerPayeReference":"123/AB456","payFromEmployment":22500},{"employerPayeReference":"456/AB456","payFromEmployment":8650}]}""",
    "HAPPY_PATH_2": """{"pensionsAnnuitiesAndOtherStateBenefits":{},"employments":[{"employerPayeReference":"123/AB456","payFromEmployment":22500}]}""",
}
EMPLOYMENT = {
    "HAPPY_PATH_1": """{"employments":[{"employerPayeReference":"123/AB456","employerName":"Company XYZ","offPayrollWorkFlag":true},{"employerPayeReference":"456/AB456","employerName":"Company ABC","offPayrollWorkFlag":false}]}""",
    "HAPPY_PATH_2": """{"employments":[{"employerPayeReference":"123/AB456","employerName":"Company XYZ"}]}""",
}
BENEFITS = {
    "HAPPY_PATH_1": """{"employments":[{"employerPayeReference":"123/AB456","companyCarsAndVansBenefit":44,"fuelForCompanyCarsAndVansBenefit":99,"privateMedicalDentalInsurance":64,"vouchersCreditCardsExcessMileageAllowance":80,"goodsEtcProvidedByEmployer":125,"accommodationProvidedByEmployer":375,"otherBenefits":16,"expensesPaymentsReceived":415},{"employerPayeReference":"456/AB456","companyCarsAndVansBenefit":50,"fuelForCompanyCarsAndVansBenefit":249,"privateMedicalDentalInsurance":75,"vouchersCreditCardsExcessMileageAllowance":23,"goodsEtcProvidedByEmployer":250,"accommodationProvidedByEmployer":275,"otherBenefits":87,"expensesPaymentsReceived":265}]}""",
    "HAPPY_PATH_2": """{"employments":[{"employerPayeReference":"123/AB456"}]}""",
}
NATIONAL_INSURANCE = {
    "HAPPY_PATH_1": """{"class1":{"totalNICableEarnings":10},"class2":{"totalDue":20},"maxNICsReached":false}""",
    "HAPPY_PATH_2": """{"class1":{"totalNICableEarnings":17.00},"class2":{"totalDue":319.57},"maxNICsReached":true}""",
}
CHILD_BENEFIT = """{"childBenefitEntitlement":450.99}"""
WINTER_FUEL = """{"winterFuelPaymentAmount":215.67}"""

SCENARIOS: Mapping[str, Mapping[str, str]] = {
    "individual-tax": TAX,
    "individual-income": INCOME,
    "individual-employment": EMPLOYMENT,
    "individual-benefits": BENEFITS,
    "national-insurance": NATIONAL_INSURANCE,
}
"""For each API that answers a yearly summary: scenario to document."""
